"""ministack: a host for Lambda functions that runs `provided.al2023` binaries as processes, and a second engine."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from engine import REGION, ROLE, Run, _plain


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Ministack:
    """A ministack of its own on loopback."""

    def __init__(self, program: Path, log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._program, self._log = program, log

    def __enter__(self) -> "Ministack":
        environment = {"GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1", "SFN_WAIT_SCALE": "0"}
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([self._program], env=keep | environment, stdout=log, stderr=log)
        self._await()
        self.functions = self._client("lambda")
        self.states = self._client("stepfunctions")
        return self

    def __exit__(self, *_: Any) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=120),
        )

    def _await(self) -> None:
        limit, pause = time.monotonic() + 60, threading.Event()
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > limit or self._process.poll() is not None:
                    raise RuntimeError(f"ministack does not start; see {self._log}") from None
                pause.wait(0.05)

    def create_function(self, name: str, bootstrap: bytes, environment: dict[str, str]) -> None:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            entry = zipfile.ZipInfo("bootstrap")
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, bootstrap)
        self.functions.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Role=ROLE,
            Handler="bootstrap",
            Code={"ZipFile": package.getvalue()},
            Timeout=60,
            Environment={"Variables": environment},
        )

    def invoke(self, name: str, payload: Any) -> tuple[Any, str | None]:
        answer = self.functions.invoke(FunctionName=name, Payload=json.dumps(payload).encode())
        return json.loads(answer["Payload"].read()), answer.get("FunctionError")

    def run(self, name: str, definition: dict, given: Any) -> Run:
        """Runs a machine without tasks on ministack's own engine, whose waits take no time."""
        machine = self.states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
        arn = self.states.start_execution(
            stateMachineArn=machine["stateMachineArn"], name="run", input=json.dumps(given)
        )["executionArn"]
        limit, pause = time.monotonic() + 30, threading.Event()
        while (end := self.states.describe_execution(executionArn=arn))["status"] == "RUNNING":
            if time.monotonic() > limit:
                raise TimeoutError(f"{name} does not end")
            pause.wait(0.01)
        events = self.states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
        entered = [e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e]
        return Run(end["status"], _plain(end.get("output")), end.get("error"), end.get("cause"), entered, 0.0)


def program() -> Path:
    """The ministack that is installed beside the interpreter that runs this, or the one that MINISTACK names."""
    return Path(os.environ.get("MINISTACK", Path(sys.executable).with_name("ministack")))


__all__ = ["ClientError", "Ministack", "program"]
