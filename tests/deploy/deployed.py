"""Deploys the stack into ministack with `sam deploy`, and drills there by each of its ways in.

The functions are those that would go to AWS: `provided.al2023` binaries, which ministack runs as processes. They call
`drs-failback sim serve` as they would call DRS, EC2 and Route 53. Time runs fast: the simulator's own, the functions'
clock by libfaketime, and the waits of ministack's state machines.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "engine"))

from host import Host  # noqa: E402
from simulator import Simulator  # noqa: E402
from through_api import Api, drill, mistakes  # noqa: E402

# Seconds of virtual time in one of real time. A drill of an hour takes a quarter of a minute; a call of a function takes
# some seconds of virtual time, which is what the steps are to live with.
SPEED = 120
STACK = "drs-failback"
STARTED_BY = 'Bob\'s "shop" in $HOME, 50 % \\ more'
SOURCE, RECOVERY = "us-east-1", "us-east-2"
# What `sam build` leaves is zipped by `sam deploy`; SAM's zip is Python's.
ZIP_BYTES_MAX = 3_200_000


class Clock:
    """Keeps the clock of others at the simulator's time, by the file that libfaketime reads."""

    def __init__(self, simulator: Simulator, file: Path, library: Path) -> None:
        self._simulator, self._file, self._library = simulator, file, library
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Clock":
        self.set()
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._stop.set()
        self._thread.join()

    def set(self) -> None:
        half = self._file.with_suffix(".new")
        half.write_text(f"{self._simulator.now() - time.time():+.3f}\n")
        half.replace(self._file)

    def _run(self) -> None:
        while not self._stop.wait(0.02):
            self.set()

    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


class Stack:
    """The stack as it is deployed."""

    def __init__(self, host: Host) -> None:
        self.client = host.client
        resources = self.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        self.physical = {found["LogicalResourceId"]: found["PhysicalResourceId"] for found in resources}

    def functions(self) -> dict[str, str]:
        return {name: found for name, found in self.physical.items() if name.endswith("Function")}

    def called(self, machine: str) -> set[str]:
        """The ARNs of functions that a machine's definition names."""
        found = self.client("stepfunctions").describe_state_machine(stateMachineArn=self.physical[machine])
        return set(re.findall(r"arn:[^\"]+:function:[^\"]+", found["definition"]))

    def settings(self, function: str) -> dict[str, str]:
        found = self.client("lambda").get_function_configuration(FunctionName=function)
        return found["Environment"]["Variables"]

    def start(self, machine: str, plan: str) -> str:
        """What the console does with the plan as the execution's input."""
        states = self.client("stepfunctions")
        return states.start_execution(stateMachineArn=self.physical[machine], input=plan)["executionArn"]

    def end(self, execution: str, seconds: float = 300) -> dict[str, Any]:
        states, limit = self.client("stepfunctions"), time.monotonic() + seconds
        while (found := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
            if time.monotonic() > limit:
                raise TimeoutError(f"{execution} does not end: {self.last_states(execution)}")
            threading.Event().wait(0.2)
        return found

    def last_states(self, execution: str) -> list[str]:
        history = self.client("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)
        entered = [e["stateEnteredEventDetails"]["name"] for e in history["events"] if "stateEnteredEventDetails" in e]
        return entered[-6:]

    def executions(self, machine: str) -> list[dict[str, Any]]:
        return self.client("stepfunctions").list_executions(stateMachineArn=self.physical[machine])["executions"]

    def reports(self, procedure: str) -> dict[str, Any]:
        bucket = self.client("s3")
        name = self.physical["EvidenceBucket"]
        found = bucket.list_objects_v2(Bucket=name, Prefix=f"{procedure}/").get("Contents", [])
        read = lambda key: json.loads(bucket.get_object(Bucket=name, Key=key)["Body"].read())  # noqa: E731
        # Beside the reports lies what was there before a run changed it.
        keys = [item["Key"] for item in found if not item["Key"].endswith(("-records.json", "-settings.json"))]
        return {key: read(key) for key in keys}


def sizes(build: Path) -> None:
    """What is deployed is small."""
    for bootstrap in sorted(build.glob("**/bootstrap")):
        package = build / "size.zip"
        with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(bootstrap, "bootstrap")
        size = package.stat().st_size
        package.unlink()
        assert size < ZIP_BYTES_MAX, f"{bootstrap.parent.name} is {size} bytes zipped"
        print(f"  {bootstrap.parent.name:<42} {size / 1e6:.2f} MB zipped")


def deploy(given: Any, build: Path, host: Host, **more: str) -> Stack:
    plan = (ROOT / "examples" / "plans" / "three-tier.json").read_text()
    file = given.logs / "more.yaml"
    file.write_text(json.dumps(more))
    parameters = {
        "SourceRegion": SOURCE,
        "RecoveryRegion": RECOVERY,
        "Architecture": given.architecture,
        "InstanceRoleArns": "arn:aws:iam::111122223333:role/*-role",
        "HostedZoneArns": "arn:aws:route53:::hostedzone/Z0123456789ABCDEFGHIJ",
        # The schedule is tried later, at another time.
        "ScheduleState": "DISABLED",
    }
    environment = {
        "AWS_ENDPOINT_URL": host.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": RECOVERY,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "SAM_CLI_TELEMETRY": "0",
    }
    done = subprocess.run(
        [
            *(given.sam, "deploy", "--template-file", str(build / "template.yaml"), "--stack-name", STACK),
            *("--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset"),
            *("--no-progressbar", "--parameter-overrides"),
            *(scheduled(started_by(plan, STARTED_BY), given.logs), f"file://{file}"),
            *(f"{name}={value}" for name, value in parameters.items()),
        ],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | environment,
    )
    assert done.returncode == 0, done.stdout
    return Stack(host)


def scheduled(plan: str, folder: Path) -> str:
    """The file of parameters that the command of docs/deploy.md makes from a plan."""
    commands = (ROOT / "docs" / "deploy.md").read_text().splitlines()
    [command] = [line for line in commands if line.startswith("jq '{ScheduleState")]
    (folder / "plan.json").write_text(plan)
    subprocess.run(["bash", "-c", command], check=True, cwd=folder)
    return f"file://{folder / 'parameters.yaml'}"


def succeeded(stack: Stack, simulator: Simulator, execution: str) -> None:
    """The drill succeeded, left A1 and B1 of every server, and its report is kept."""
    end = stack.end(execution)
    assert end["status"] == "SUCCEEDED", f"{end['status']}: {end.get('error')}: {end.get('cause')}"
    for server in simulator.ask("")["servers"]:
        left = [label for label in ("a1", "a2", "a3", "a4", "b1", "b2", "b3") if server[label]]
        assert left == ["a1", "b1"], f"left of {server['name']}: {left}"
    name = execution.rsplit(":", 1)[-1]
    kept = [report for key, report in stack.reports("drill").items() if key.endswith(f"-{name}.json")]
    assert [report["outcome"] for report in kept] == ["succeeded"], kept
    print(f"    {kept[0]['summary']}; RTO {kept[0]['rtoSeconds']} s of virtual time")


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--sam", required=True)
    arguments.add_argument("--build", type=Path, required=True)
    arguments.add_argument("--architecture", choices=["arm64", "x86_64"], required=True)
    arguments.add_argument("--command", type=Path, required=True)
    arguments.add_argument("--faketime", type=Path, required=True)
    arguments.add_argument("--logs", type=Path, required=True)
    given = arguments.parse_args()
    given.logs.mkdir(parents=True, exist_ok=True)
    given.logs = given.logs.resolve()
    plan = (ROOT / "examples" / "plans" / "three-tier.json").read_text()

    sizes(given.build)
    simulator = Simulator(given.command, given.logs / "simulator.log", "--scenario", "steady", speed=SPEED)
    with simulator, Clock(simulator, given.logs / "clock", given.faketime) as clock:
        environment = clock.environment() | {"SFN_WAIT_SCALE": str(1 / SPEED)}
        environment |= {f"AWS_ENDPOINT_URL_{service}": simulator.url for service in ("DRS", "EC2", "ROUTE_53", "STS")}
        with Host(given.logs / "ministack.log", RECOVERY, environment) as host:
            ways_in(given, simulator, host, plan)


def ways_in(given: Any, simulator: Simulator, host: Host, plan: str) -> None:
    stack = deploy(given, given.build, host)
    print(f"  {len(stack.physical)} resources, {len(stack.functions())} functions")
    print("  console: the plan file as the execution's input, and twice at once")
    first = stack.start("DrillMachine", plan)
    second = stack.start("DrillMachine", plan)
    refused = stack.end(second)
    assert refused["status"] == "FAILED" and "is working on these servers" in refused["cause"], refused
    succeeded(stack, simulator, first)
    outcomes = sorted(report["outcome"] for report in stack.reports("drill").values())
    assert outcomes == ["refused", "succeeded"], outcomes

    print("  API: signed requests, wrong ones first")
    api = Api(host.port, stack.physical["Api"], RECOVERY)
    mistakes(api, json.loads(plan))
    drill(api, json.loads(plan), lambda execution: succeeded(stack, simulator, execution))

    print("  schedule: its own input and target, at another time")
    by_schedule(stack, simulator)

    print("  watch of runs: no gate waits, and a drill has just succeeded")
    seen = stack.client("lambda").invoke(FunctionName=stack.physical["WatchRunsFunction"], Payload=b"{}")
    watched = json.loads(seen["Payload"].read())
    assert (watched["gateMinutes"], watched["drillDays"]) == (0, 0), watched

    print("  updates, while a drill runs: of a setting, and of every function to one that refuses what it gets")
    updated_meanwhile(given, stack, simulator, host, plan)


def started_by(plan: str, who: str) -> str:
    return json.dumps(json.loads(plan) | {"startedBy": who})


def updated_meanwhile(given: Any, stack: Stack, simulator: Simulator, host: Host, plan: str) -> None:
    """A run keeps the functions and the settings that it began with, and the next one has the new ones."""
    before = stack.called("DrillMachine")
    assert before and all(re.search(r":\d+$", arn) for arn in before), before
    # Replication stalls for longer than the updates take: five hours, at this speed two minutes and a half.
    simulator.ask("/faults", {"fault": "stall:web-1=300"})
    running = stack.start("DrillMachine", plan)

    quotas = '{"serversPerJob": 50}'
    stack = deploy(given, given.build, host, DrsQuotas=quotas)
    after = stack.called("DrillMachine")
    assert not before & after and len(before) == len(after), (before, after)
    assert {stack.settings(arn)["FAILBACK_DRS_QUOTAS"] for arn in before} == {""}
    assert {stack.settings(arn)["FAILBACK_DRS_QUOTAS"] for arn in after} == {quotas}

    other = given.logs / "exchanged"
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(given.build, other)
    folders = sorted((other / "functions").iterdir())
    code = [(folder / "bootstrap").read_bytes() for folder in folders]
    for folder, exchanged in zip(folders, code[1:] + code[:1]):
        (folder / "bootstrap").write_bytes(exchanged)
    stack = deploy(given, other, host, DrsQuotas=quotas)
    assert not stack.called("DrillMachine") & (before | after)
    assert stack.client("stepfunctions").describe_execution(executionArn=running)["status"] == "RUNNING"

    refused = stack.end(stack.start("DrillMachine", plan))
    assert refused["status"] == "FAILED" and "is working on these servers" not in refused["cause"], refused
    succeeded(stack, simulator, running)


def by_schedule(stack: Stack, simulator: Simulator) -> None:
    """Enables the schedule as it is deployed, but for now instead of once a month."""
    schedules = stack.client("scheduler")
    name = stack.physical["DrillSchedule"].rsplit("/", 1)[-1]
    found = schedules.get_schedule(Name=name)
    assert found["State"] == "DISABLED", found["State"]
    assert found["Target"]["Arn"] == stack.physical["DrillMachine"], found["Target"]["Arn"]
    # The plan has come through the shell's words, SAM's and CloudFormation's.
    assert json.loads(found["Target"]["Input"])["startedBy"] == STARTED_BY, found["Target"]["Input"]
    before = {execution["executionArn"] for execution in stack.executions("DrillMachine")}
    soon = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(simulator.now() + 10 * SPEED))
    schedules.update_schedule(
        Name=name,
        State="ENABLED",
        ScheduleExpression=f"at({soon})",
        ScheduleExpressionTimezone="UTC",
        FlexibleTimeWindow=found["FlexibleTimeWindow"],
        Target=found["Target"],
    )
    limit = time.monotonic() + 90
    while not (started := {e["executionArn"] for e in stack.executions("DrillMachine")} - before):
        if time.monotonic() > limit:
            raise TimeoutError("the schedule does not start a drill")
        threading.Event().wait(0.2)
    [execution] = started
    succeeded(stack, simulator, execution)


if __name__ == "__main__":
    main()
