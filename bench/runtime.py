"""Lambda's Runtime API for one process at a time, with time measurement."""

from __future__ import annotations

import json
import os
import queue
import signal
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Measured:
    """The time and memory that one process used."""

    ready_seconds: float
    """Time from the start until the process asks for its first call."""
    cold_seconds: float
    """Time from the start until the first response arrives."""
    warm_seconds: float
    """Time from the second call until its response arrives."""
    peak_bytes: int
    """Peak memory."""


class Runtime:
    """A server of the Runtime API on loopback."""

    def __init__(self) -> None:
        runtime = self
        self._calls: queue.Queue[Any] = queue.Queue()
        self._asked, self._answered = threading.Semaphore(0), threading.Semaphore(0)
        self.asked_at = self.answered_at = 0.0
        self.error: str | None = None

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                self.connection.setsockopt(6, 1, 1)  # No delay, because responses are small.

            def do_GET(self) -> None:
                runtime.asked_at = time.perf_counter()
                runtime._asked.release()
                call = runtime._calls.get()
                if call is None:
                    self.close_connection = True
                    return
                body = json.dumps(call).encode()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 60) * 1000)))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-2:1:function:bench")
                self.send_header("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                runtime.answered_at = time.perf_counter()
                if not self.path.endswith("/response"):
                    runtime.error = body.decode()
                runtime._answered.release()
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *of: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self._server.server_port}"

    def measure(self, command: list[str], environment: dict[str, str], event: Any) -> Measured:
        """Starts a process and calls it twice."""
        self.error = None
        environment = environment | {"AWS_LAMBDA_RUNTIME_API": self.address, "PATH": os.environ["PATH"]}
        # `subprocess` would add its own work to the measured time.
        quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
        began = time.perf_counter()
        process = os.posix_spawn(command[0], command, environment, file_actions=quiet)
        self._until(self._asked, process)
        ready = self.asked_at - began
        self._calls.put(event)
        self._until(self._answered, process)
        cold = self.answered_at - began
        self._until(self._asked, process)
        handed = time.perf_counter()
        self._calls.put(event)
        self._until(self._answered, process)
        warm = self.answered_at - handed
        self._until(self._asked, process)
        # The peak of wait4 would include this process, before it became that program.
        status = Path(f"/proc/{process}/status").read_text()
        peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        self._calls.put(None)
        # A step's own error is a valid response, too: the world has not reached that step yet.
        if self.error and not json.loads(self.error)["errorType"].startswith("Failback."):
            raise RuntimeError(f"{command}: {self.error}")
        return Measured(ready, cold, warm, peak)

    @staticmethod
    def _until(happened: threading.Semaphore, process: int) -> None:
        if not happened.acquire(timeout=60):
            raise TimeoutError(f"process {process} does not answer")
