"""ministack as the AWS account that the stack is deployed into."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ACCOUNT = Path(__file__).with_name("account.py")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Host:
    """A ministack of its own on loopback."""

    def __init__(self, log: Path, region: str, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log, self._region, self._environment = log, region, environment

    def __enter__(self) -> "Host":
        environment = {
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            # Of the functions, which run in this environment and with theirs: a published version has the settings that it
            # was published with. They reach this host for Step Functions, and nothing else of AWS.
            "AWS_ENDPOINT_URL_SFN": self.url,
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        } | self._environment
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([sys.executable, ACCOUNT], env=keep | environment, stdout=log, stderr=log)
        limit, pause = time.monotonic() + 60, threading.Event()
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                if time.monotonic() > limit or self._process.poll() is not None:
                    raise RuntimeError(f"ministack does not start; see {self._log}") from None
                pause.wait(0.05)

    def __exit__(self, *_: Any) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=self._region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=120),
        )
