"""A simulator of its own on loopback: `drs-failback sim serve`."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config


class Simulator:
    """Time stands still unless it is told to move, or given a speed."""

    def __init__(self, command: Path, log: Path, *arguments: str, speed: float = 0) -> None:
        self._command = [str(command), "sim", "serve", "--port", "0", "--speed", str(speed), *arguments]
        self._log = log

    def __enter__(self) -> "Simulator":
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log)
        limit, pause = time.monotonic() + 30, threading.Event()
        while not (found := re.search(r"# Listening on (\S+)\. ", self._log.read_text())):
            if time.monotonic() > limit or self._process.poll() is not None:
                raise RuntimeError(f"the simulator does not start: {self._log.read_text()}")
            pause.wait(0.01)
        self.url = f"http://{found[1]}"
        return self

    def __exit__(self, *_: Any) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)

    def ask(self, path: str, body: Any = None, method: str | None = None) -> Any:
        """Asks the simulator itself, below /_sim."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sim{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read())

    def advance(self, seconds: float) -> float:
        """Lets virtual time pass; answers the moment it has come to, in seconds since 1970."""
        return self.ask("/advance", {"seconds": seconds})["nowMillis"] / 1000

    def now(self) -> float:
        return self.ask("")["nowMillis"] / 1000

    def client(self, service: str, region: str) -> Any:
        """A client of AWS's own SDK for Python, which tries each call once."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="simulator",
            aws_secret_access_key="simulator",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=30),
        )
