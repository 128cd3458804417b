"""One clock for several processes: libfaketime reads it from a file, and a wait moves it.

Functions compare their own clock with the times that DRS tells. So the simulator's time and that of the functions must
be one, and must jump together.
"""

from __future__ import annotations

import time
from pathlib import Path


class Clock:
    """Virtual time: real time and an offset."""

    def __init__(self, file: Path, library: Path) -> None:
        self._file, self._library = file.resolve(), library.resolve(strict=True)
        self.set_to(time.time())

    def set_to(self, epoch_seconds: float) -> None:
        """Makes now this moment."""
        # Readers never see half a line.
        half = self._file.with_suffix(".new")
        half.write_text(f"{epoch_seconds - time.time():+.6f}\n")
        half.replace(self._file)

    def environment(self) -> dict[str, str]:
        """What a process needs to live in this time. Its timers stay real: a time-out is a time-out."""
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
