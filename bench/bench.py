"""Measures the start, response, memory and size of each deployed function, beside a Python handler that makes the same
calls, over HTTP and over TLS. Prints medians and ratios. Exits with 1 when a limit is missed.

The calls are those that the Rust function makes in the simulator at the start of a run. In place of a call that changes
something, the Python handler makes a reading call of the same service.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "engine")]

from runtime import Measured, Runtime  # noqa: E402
from simulator import Simulator  # noqa: E402
from tls import Tls  # noqa: E402

MACHINE = "arn:aws:states:us-east-2:111122223333:stateMachine:drs-failback-"
# Python's time divided by Rust's, over HTTP and over TLS; Python's memory divided by Rust's; bytes.
COLD_HTTP_MIN, COLD_TLS_MIN, MEMORY_MIN, ZIP_MAX = 30, 1, 6, 3_200_000
PARAMETERS = {
    "ListResourceRecordSets": {"HostedZoneId": "Z0123456789ABCDEFGHIJ"},
    "ListExecutions": {"stateMachineArn": f"{MACHINE}drill"},
    "AssumeRole": {"RoleArn": "arn:aws:iam::111122223333:role/x", "RoleSessionName": "x"},
}
# The calls in place of those that change something or need an id.
READS = {"drs": "DescribeSourceServers", "ec2": "DescribeInstances", "route53": "ListHostedZones", "states": "ListExecutions"}
PLAIN = {
    "DescribeSourceServers", "DescribeRecoveryInstances", "DescribeJobs", "DescribeInstances", "DescribeSubnets",
    "DescribeReplicationConfigurationTemplates", "DescribeLaunchConfigurationTemplates", "DescribeInstanceStatus",
    "DescribeLaunchTemplateVersions", *PARAMETERS,
}
CLIENTS = {"states": "stepfunctions"}


def events(command: Path) -> dict[str, Any]:
    """Returns, for each function, the first event of a run that calls it."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        # For the one step that only some plans have, and its gate.
        plan = json.loads((ROOT / "examples" / "plans" / "three-tier.json").read_text())
        plan["gates"]["beforeStop"] = {"timeoutMinutes": 240}
        stops = Path(folder) / "plan.json"
        stops.write_text(json.dumps(plan | {"stopOriginalReplication": True}))
        for procedure in ("failback", "drill"):
            history = Path(folder) / "history.json"
            arguments = [command, procedure, "--plan", stops, "--seed", "1", "--history", history]
            subprocess.run(arguments, check=True, capture_output=True)
            for event in json.loads(history.read_text())["events"]:
                arguments = json.loads(event.get("taskScheduledEventDetails", {}).get("parameters", "{}"))
                placeholder = re.fullmatch(r"\$\{(\w+)FunctionArn\}", arguments.get("FunctionName", ""))
                if placeholder:
                    name = re.sub(r"(?<!^)(?=[A-Z])", "-", placeholder[1]).lower()
                    found.setdefault(name, arguments["Payload"])
    caller = {"iam": {"userArn": "arn:aws:iam::111122223333:user/you"}}
    http = {"stage": "$default", "http": {"method": "GET", "path": "/drills"}, "authorizer": caller}
    found["api"] = {"version": "2.0", "routeKey": "GET /drills", "rawPath": "/drills", "headers": {}, "requestContext": http}
    return found


def calls(simulator: Simulator) -> list[dict[str, Any]]:
    """Returns the calls that the function made, as boto3 makes them."""
    made = []
    for call in simulator.ask("/calls")["calls"]:
        service, operation = call["operation"].split(":")
        if operation not in PLAIN:
            operation = READS[service]
        words = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
        made.append(
            {
                "service": CLIENTS.get(service, service),
                "region": call.get("region") or "us-east-2",
                "operation": words,
                "parameters": PARAMETERS.get(operation, {}),
            }
        )
    return made


def environment(url: str, authority: Path | None, name: str) -> dict[str, str]:
    # In addition to the system's roots, which a function reads, too.
    trust = {"SSL_CERT_FILE": str(authority), "AWS_CA_BUNDLE": str(authority)} if authority else {}
    return trust | {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "simulator",
        "AWS_SECRET_ACCESS_KEY": "simulator",
        "AWS_REGION": "us-east-2",
        "AWS_DEFAULT_REGION": "us-east-2",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "FAILBACK_DRILL_MACHINE": f"{MACHINE}drill",
        "FAILBACK_FAILBACK_MACHINE": f"{MACHINE}failback",
    }


def zipped(binary: Path) -> int:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(binary, "bootstrap")
    return held.tell()


def median(of: list[Measured], field: str) -> float:
    return statistics.median(getattr(measured, field) for measured in of)


class Row:
    """The medians of a function in Rust and in Python, over HTTP and TLS."""

    def __init__(self, name: str, made: int, size: int, measured: dict[tuple[str, str], list[Measured]]) -> None:
        self.name, self.made, self.size, self._measured = name, made, size, measured

    def of(self, language: str, over: str, field: str) -> float:
        return median(self._measured[language, over], field)

    def ratio(self, over: str, field: str) -> float:
        return self.of("python", over, field) / self.of("rust", over, field)

    def missed(self) -> list[str]:
        limits = [
            ("cold over HTTP", self.ratio("http", "cold_seconds"), COLD_HTTP_MIN),
            ("cold over TLS", self.ratio("tls", "cold_seconds"), COLD_TLS_MIN),
            ("memory", self.ratio("http", "peak_bytes"), MEMORY_MIN),
        ]
        missed = [f"{self.name}: {what} {ratio:.1f}, wanted {limit}" for what, ratio, limit in limits if ratio < limit]
        return missed + ([f"{self.name}: {self.size} bytes zipped"] if self.size > ZIP_MAX else [])

    def text(self) -> str:
        ms = lambda language, over, field: 1000 * self.of(language, over, field)  # noqa: E731
        mb = lambda language: self.of(language, "http", "peak_bytes") / 1e6  # noqa: E731
        return (
            f"| {self.name} | {self.made} | {ms('rust', 'http', 'cold_seconds'):.1f} | "
            f"{ms('python', 'http', 'cold_seconds'):.0f} | **{self.ratio('http', 'cold_seconds'):.0f}** | "
            f"{ms('rust', 'tls', 'cold_seconds'):.0f} | {ms('python', 'tls', 'cold_seconds'):.0f} | "
            f"**{self.ratio('tls', 'cold_seconds'):.1f}** | {ms('rust', 'http', 'warm_seconds'):.1f} | "
            f"{ms('python', 'http', 'warm_seconds'):.1f} | {mb('rust'):.1f} | {mb('python'):.0f} | "
            f"**{self.ratio('http', 'peak_bytes'):.1f}** | {self.size / 1e6:.2f} |"
        )


HEAD = """\
| function | calls | cold, Rust, ms | Python | ratio | cold over TLS, Rust, ms | Python | ratio | warm, Rust, ms | Python | \
memory, Rust, MB | Python | ratio | zip, MB |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"""


def measure(given: Any, runtime: Runtime, name: str, binary: Path, event: Any, folder: Path) -> Row:
    measured: dict[tuple[str, str], list[Measured]] = {}
    scenario = "steady" if name == "launch-recovered-servers" else "recovered"
    python = [sys.executable, "-m", "awslambdaric", "handler.handler"]
    made: list[dict[str, Any]] = []
    for over in ("http", "tls"):
        for run in range(given.runs):
            # Each process calls the same world.
            with Simulator(given.command, folder / "log", "--scenario", scenario, "--seed", "1") as simulator:
                tls = Tls(int(simulator.url.rsplit(":", 1)[1]), folder) if over == "tls" else None
                settings = environment(tls.url if tls else simulator.url, tls and tls.authority, name)
                if not made:
                    runtime.measure([str(binary)], settings, event)
                    made = calls(simulator)
                    # The function was called twice.
                    made = made[: len(made) // 2] or made
                measured.setdefault(("rust", over), []).append(runtime.measure([str(binary)], settings, event))
                settings |= {"BENCH_CALLS": json.dumps(made), "PYTHONPATH": str(HERE), "LAMBDA_TASK_ROOT": str(HERE)}
                measured.setdefault(("python", over), []).append(runtime.measure(python, settings, event))
    return Row(name, len(made), zipped(binary), measured)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("--binaries", type=Path, required=True, help="folder of FUNCTION/bootstrap")
    arguments.add_argument("--command", type=Path, required=True, help="drs-failback")
    arguments.add_argument("--runs", type=int, default=11, help="processes of each kind")
    arguments.add_argument("--only", help="a function's name")
    given = arguments.parse_args()
    runtime, missed = Runtime(), []
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors, {platform.machine()}; medians of {given.runs}\n")
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        for name, event in sorted(events(given.command).items()):
            if given.only in (None, name):
                row = measure(given, runtime, name, given.binaries / name / "bootstrap", event, Path(folder))
                print(row.text(), flush=True)
                missed += row.missed()
    print("\nevery limit is kept" if not missed else "\nmissed:\n  " + "\n  ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
