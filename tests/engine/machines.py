"""Runs the small machines of crates/asl/tests/machines on two independent engines and compares how they end.

The files say what the States Language specification says. Where an engine differs, known-differences.json names AWS's
rule: a difference that is not listed fails, and so does a listed one that is gone.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from pathlib import Path

from engine import Engine, Run
from ministack import Ministack, program

HERE = Path(__file__).resolve().parent
MACHINES = HERE.parent.parent / "crates/asl/tests/machines"


class Script:
    """Answers the calls of one machine, in order."""

    def __init__(self) -> None:
        self.answers: list[dict] = []
        self.calls: list = []

    def invoke(self, function: str, payload: object) -> tuple[object, str | None]:
        self.calls.append(payload)
        if not self.answers:
            return _lambda_error("Script", "called more often than the script says"), "Unhandled"
        answer = self.answers.pop(0)
        if "error" in answer:
            return _lambda_error(answer["error"], answer.get("cause", "")), "Unhandled"
        return answer["result"]["Payload"], None


def _lambda_error(name: str, cause: str) -> dict:
    """What Lambda answers for a function's error; where a script's cause is that already, it is taken as it is."""
    return json.loads(cause) if cause.startswith("{") else {"errorType": name, "errorMessage": cause}


def differences(expect: dict, run: Run, also: dict) -> list[str]:
    """What differs from the file, by its member."""
    seen = {"status": run.status, "states": run.states, **also}
    if expect["status"] == "SUCCEEDED":
        seen["output"] = run.output
    else:
        seen["error"] = run.error
    return [
        f"{member}: expected {json.dumps(expect[member])}, got {json.dumps(value)}"
        for member, value in seen.items()
        if member in expect and value != expect[member]
    ]


class Tally:
    """What an engine said of the machines it ran."""

    def __init__(self, engine: str, known: dict[str, str]) -> None:
        self.engine, self.known = engine, known
        self.agreed: set[str] = set()
        self.wrong: list[str] = []
        self.ran = 0

    def note(self, machine: str, found: list[str]) -> None:
        self.ran += 1
        if not found:
            self.agreed.add(machine)
        if machine in self.known and not found:
            self.wrong.append(f"{self.engine}: {machine} is listed as a difference, and there is none any more")
        if machine not in self.known:
            self.wrong.extend(f"{self.engine}: {machine}: {line}" for line in found)


def main() -> int:
    logging.disable(logging.ERROR)  # The interpreter logs every failure that a machine is meant to have.
    cases = {path.stem: json.loads(path.read_text()) for path in sorted(MACHINES.glob("*.json"))}
    known = json.loads((HERE / "known-differences.json").read_text())
    moto, mini, script = Tally("moto", known["moto"]), Tally("ministack", known["ministack"]), Script()
    with Ministack(program(), Path(tempfile.gettempdir()) / "ministack-machines.log") as ministack:
        # Task machines need Lambda functions; ministack's part here is the language itself.
        for name, case in cases.items():
            if not case["tasks"]:
                mini.note(name, differences(case["expect"], ministack.run(name, case["definition"], case["input"]), {}))
    with Engine(script.invoke) as engine:
        for name, case in cases.items():
            script.answers, script.calls = list(case["tasks"]), []
            run = engine.run(case["definition"], case["input"], limit_seconds=30)
            moto.note(name, differences(case["expect"], run, {"calls": script.calls, "seconds": run.waited_seconds}))
    alone = sorted(set(cases) - moto.agreed - mini.agreed)
    for tally in (moto, mini):
        print(f"{tally.engine}: {tally.ran} machines, {len(tally.agreed)} end as their files say, the rest as listed")
    print(f"by the specification alone: {', '.join(alone) or 'none'}")
    wrong = moto.wrong + mini.wrong + [f"no machine is called {name}" for t in (moto, mini) for name in set(t.known) - set(cases)]
    for line in wrong:
        print(f"  {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
