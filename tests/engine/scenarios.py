"""Runs whole procedures on the independent engine and by the project's own runner, and compares them.

The engine is moto's. It calls the functions' deployed binaries, which ministack runs as processes; they call the simulator
over HTTP as they would call AWS. The runner calls the same steps in its own process, and the same world in memory. Both
must come to the same end by the same way.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clock import Clock
from engine import Engine, Run
from ministack import Ministack, program
from simulator import Simulator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Where the account's machines are, which ListExecutions names.
MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:"


@dataclass(frozen=True)
class Scenario:
    """What is run, and what goes wrong."""

    name: str
    procedure: str
    fail: tuple[str, ...] = ()
    approve: str = "auto"
    # A step whose process is killed right after its first write took effect.
    crash: str | None = None

    def faults(self) -> list[str]:
        return [*self.fail, *([f"crash:{self.crash}"] if self.crash else [])]


THROTTLED = ("error:StartRecovery=ThrottlingExceptionx3", "error:DescribeJobs=ThrottlingExceptionx4")
SCENARIOS = [
    Scenario("drill", "drill"),
    Scenario("failback", "failback"),
    Scenario("throttled", "failback", fail=THROTTLED),
    Scenario("failed launch", "failback", fail=("launch:db-1x3",)),
    Scenario("drill that fails and cleans up", "drill", fail=("launch:db-1x3",)),
    Scenario("stall", "drill", fail=("stall:web-1=90",)),
    Scenario("rejected gate", "failback", approve="deny"),
    Scenario("crash", "failback", crash="launch-for-failback"),
]


@dataclass
class Ended:
    """How a run ended, whichever engine ran it."""

    status: str
    output: Any
    error: str | None
    cause: str | None
    states: list[str]
    report: Any


def by_runner(command: Path, scenario: Scenario, folder: Path) -> Ended:
    """By the project's own runner."""
    history = folder / "history.json"
    arguments = [str(command), scenario.procedure, "--json", "--seed", "1", "--history", str(history)]
    for fault in scenario.faults():
        arguments += ["--fail", fault]
    arguments += ["--approve", scenario.approve]
    done = subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=120)
    if done.returncode not in (0, 1, 4):
        raise RuntimeError(f"{scenario.name}: exit code {done.returncode}: {done.stderr}")
    events = json.loads(history.read_text())["events"]
    succeeded = events[-1].get("executionSucceededEventDetails")
    failed = events[-1].get("executionFailedEventDetails", {})
    return Ended(
        status="SUCCEEDED" if succeeded else "FAILED",
        output=json.loads(succeeded["output"]) if succeeded else None,
        error=failed.get("error"),
        cause=failed.get("cause"),
        states=[e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e],
        report=json.loads(done.stdout).get("report"),
    )


class Stage:
    """The functions on their host, and what they need to live in a simulator's time."""

    def __init__(self, binaries: Path, command: Path, faketime: Path, folder: Path) -> None:
        self._binaries, self._command, self._folder = binaries, command, folder
        self._clock = Clock(folder / "clock", faketime)
        self._host = Ministack(program(), folder / "ministack.log")

    def __enter__(self) -> "Stage":
        self._host.__enter__()
        for binary in sorted(self._binaries.glob("*/bootstrap")):
            self._host.create_function(binary.parent.name, binary.read_bytes(), {})
        return self

    def __exit__(self, *of: Any) -> None:
        self._host.__exit__(*of)

    def _point_at(self, simulator: Simulator) -> None:
        environment = self._clock.environment() | {
            "AWS_ENDPOINT_URL": simulator.url,
            "FAILBACK_DRILL_MACHINE": f"{MACHINE}drill",
            "FAILBACK_FAILBACK_MACHINE": f"{MACHINE}failback",
        }
        for binary in self._binaries.glob("*/bootstrap"):
            self._host.functions.update_function_configuration(
                FunctionName=binary.parent.name, Environment={"Variables": environment}
            )

    def run(self, scenario: Scenario) -> Ended:
        """By the independent engine, with the functions as they are deployed."""
        beginning = "steady" if scenario.procedure == "drill" else "recovered"
        log = self._folder / f"{scenario.name.replace(' ', '-')}.log"
        with Simulator(self._command, log, "--scenario", beginning, "--seed", "1") as simulator:
            self._point_at(simulator)
            for fault in scenario.faults():
                simulator.ask("/faults", {"fault": fault})
            with Engine(lambda name, payload: self._invoke(simulator, name, payload)) as engine:
                return self._ended(engine, self._play(engine, simulator, scenario))

    def _invoke(self, simulator: Simulator, name: str, payload: Any) -> tuple[Any, str | None]:
        self._clock.set_to(simulator.now())
        return self._host.invoke(name, payload)

    def _play(self, engine: Engine, simulator: Simulator, scenario: Scenario) -> Run:
        plan = json.loads((ROOT / "examples" / "plans" / "three-tier.json").read_text())
        text = (ROOT / "statemachine" / f"{scenario.procedure}.asl.json").read_text()
        deaths = Deaths(scenario.crash, simulator) if scenario.crash else None

        def while_running(_: str) -> None:
            for message in engine.topic.read():
                answer(engine, message, scenario.approve)
            if deaths:
                deaths.look()

        return engine.run(
            substituted(text),
            plan,
            on_wait=lambda seconds: simulator.advance(seconds) and None,
            on_start=lambda arn: simulator.ask(
                "/executions", {"id": arn, "procedure": scenario.procedure, "input": plan}
            ) and None,
            while_running=while_running,
            now=simulator.now,
            limit_seconds=180,
        )

    def _ended(self, engine: Engine, run: Run) -> Ended:
        # What is refused at its start, or dies of its report, leaves none.
        kept = engine.bucket.objects.items()
        report = next((body for key, body in kept if not key.endswith(("-records.json", "-settings.json"))), None)
        return Ended(run.status, run.output, run.error, run.cause, run.states, report)


class Deaths:
    """Kills a function's process once, when the world's fault says that it dies: its call is never answered then."""

    def __init__(self, function: str, simulator: Simulator) -> None:
        self._function, self._simulator, self._done = function, simulator, False

    def look(self) -> None:
        if self._done or not all(fault["usedUp"] for fault in self._simulator.ask("/faults")["faults"]):
            return
        name = f"AWS_LAMBDA_FUNCTION_NAME={self._function}".encode()
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and name in environment(process):
                os.kill(int(process.name), signal.SIGKILL)
                self._done = True


def environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def answer(engine: Engine, message: str, approve: str) -> None:
    """Answers a gate as the person who reads the message would: with one of its two commands."""
    token = re.search(r"--task-token (\S+)", message)[1]
    if approve == "auto":
        engine.succeed_task(token, {"approved": True, "by": "the rehearsal"})
    else:
        engine.fail_task(token, "Failback.Refused", "--approve deny")


def substituted(text: str) -> dict:
    """The definition as it is deployed: each placeholder by the name of what it stands for."""
    kebab = lambda words: re.sub(r"(?<!^)(?=[A-Z])", "-", words).lower()  # noqa: E731
    text = re.sub(r"\$\{(\w+)FunctionArn\}", lambda found: kebab(found[1]), text)
    text = text.replace("${NotificationTopicArn}", "arn:aws:sns:eu-west-1:111122223333:failback")
    text = text.replace("${FreezeHookArn}", "")
    text = text.replace("${FreezeHookArn}", "")
    return json.loads(text.replace("${EvidenceBucketName}", "evidence"))


def collapsed(states: list[str]) -> list[str]:
    """The order of states, each loop once: how often a step looks depends on milliseconds of the network."""
    kept: list[str] = []
    for state in states:
        kept.append(state)
        while any(len(kept) >= 2 * n and kept[-n:] == kept[-2 * n : -n] for n in (1, 2, 3)):
            del kept[-next(n for n in (1, 2, 3) if kept[-n:] == kept[-2 * n : -n]) :]
    return kept


MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
NUMBER = re.compile(r"\d+(\.\d+)?")
MADE_UP = re.compile(r"\b(i|s|drsjob|lt|eni)-[0-9a-zA-Z]{17}\b")
EXECUTION = re.compile(r"arn:aws:states:\S+?:execution:[^\s\"]+|\b(drill|failback)-1\b")


def timeless(value: Any) -> Any:
    """Without moments, durations and the ids that AWS makes up: those differ where calls take other times."""
    if isinstance(value, dict):
        return {name: timeless(member) for name, member in value.items()}
    if isinstance(value, list):
        return [timeless(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, (int, float)):
        return "a number"
    text = EXECUTION.sub("an execution", MOMENT.sub("a moment", value))
    return NUMBER.sub("#", MADE_UP.sub(r"\1-…", text))


START_AGAIN = re.compile(r"aws stepfunctions start-execution --region \S+ --state-machine-arn \S+ --input ")


def as_the_runner_writes(told: Any) -> Any:
    """The engine's report, or cause, without its command: the runner's executions have no ARN, by which they could be started again."""
    if isinstance(told, dict) and START_AGAIN.match(told.get("command") or ""):
        return {name: member for name, member in told.items() if name != "command"}
    if isinstance(told, str):
        text, _, command = told.rpartition("\n")
        return text if START_AGAIN.match(command) else told
    return told


def compare(mine: Ended, theirs: Ended) -> list[str]:
    """What differs."""
    pairs = {
        "status": (mine.status, theirs.status),
        "error": (mine.error, theirs.error),
        "cause": (timeless(mine.cause), timeless(as_the_runner_writes(theirs.cause))),
        "output": (timeless(mine.output), timeless(theirs.output)),
        "states": (collapsed(mine.states), collapsed(theirs.states)),
        "report": (timeless(mine.report), timeless(as_the_runner_writes(theirs.report))),
    }
    return [
        f"{what}:\n      runner: {json.dumps(ours)}\n      engine: {json.dumps(other)}"
        for what, (ours, other) in pairs.items()
        if ours != other
    ]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--binaries", type=Path, required=True, help="folder of FUNCTION/bootstrap")
    arguments.add_argument("--command", type=Path, required=True, help="drs-failback")
    arguments.add_argument("--faketime", type=Path, required=True, help="libfaketime")
    arguments.add_argument("--only", help="a scenario's name")
    given = arguments.parse_args()
    logging.disable(logging.ERROR)  # The interpreter logs every failure that a scenario is meant to have.
    wrong = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with Stage(given.binaries, given.command, given.faketime, folder) as stage:
            for scenario in SCENARIOS:
                if given.only not in (None, scenario.name):
                    continue
                began = time.monotonic()
                found = compare(by_runner(given.command, scenario, folder), stage.run(scenario))
                wrong += bool(found)
                told = "\n    ".join(["differs", *found]) if found else "the same by both"
                print(f"  {scenario.name:<32} {time.monotonic() - began:4.0f} s  {told}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
