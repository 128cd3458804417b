"""An engine for Step Functions that this project did not write: moto's interpreter, in this process.

moto ships the grammar of JSONata but no evaluator, and a few of its parts differ from AWS. What is mended here is listed
in README.md. It reaches into moto's private modules, so the versions in requirements-moto.txt are exact.
"""

from __future__ import annotations

import datetime
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Callable

import boto3
import jsonata
from botocore.exceptions import ClientError
from moto import mock_aws
import moto.stepfunctions.parser.asl.component.common.retry.retrier_decl as retrier
import moto.stepfunctions.parser.asl.component.common.string.string_expression as string_expression
import moto.stepfunctions.parser.asl.component.state.choice.state_choice as choice
import moto.stepfunctions.parser.asl.component.state.exec.state_task.lambda_eval_utils as lambda_calls
import moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk as sdk_calls
import moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sns as sns_calls
import moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function as waiting
import moto.stepfunctions.parser.asl.eval.states as states_module
import moto.stepfunctions.parser.asl.eval.variable_store as variables
import moto.stepfunctions.parser.asl.jsonata.jsonata as moto_jsonata
import moto.stepfunctions.parser.backend.execution as execution
import moto.stepfunctions.responses as responses
from moto.stepfunctions.parser.api import (
    EvaluationFailedEventDetails,
    ExecutionFailedEventDetails,
    HistoryEventType,
)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

REGION = "eu-west-1"
ROLE = "arn:aws:iam::111122223333:role/engine"


@dataclass
class Run:
    """How an execution ended."""

    status: str
    output: Any
    error: str | None
    cause: str | None
    states: list[str]
    waited_seconds: float
    events: list[dict] = field(repr=False, default_factory=list)


class Sleeper:
    """Takes the place of time: what an execution would wait for is handed to `on_wait`, and it begins at `now`."""

    def __init__(self) -> None:
        self.total = 0.0
        self.now: Callable[[], float] = time.time
        self.on_wait: Callable[[float], None] = lambda seconds: None

    def __call__(self, seconds: float) -> None:
        self.total += seconds
        self.on_wait(seconds)


SLEEPER = Sleeper()


class _SleepingTime:
    """The `time` module, but for its sleep."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    @staticmethod
    def sleep(seconds: float) -> None:
        SLEEPER(seconds)


class LambdaFunctions:
    """Takes the place of the Lambda client: `invoke` answers a status and a payload, or a payload and an error."""

    def __init__(self, invoke: Callable[[str, Any], tuple[Any, str | None]]) -> None:
        self._invoke = invoke

    def invoke(self, FunctionName: str, Payload: bytes = b"{}", **_: Any) -> dict:
        payload, function_error = self._invoke(FunctionName, json.loads(Payload))
        answer = {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": _Body(json.dumps(payload).encode())}
        if function_error:
            answer["FunctionError"] = function_error
        return answer


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self) -> bytes:
        return self._content


class Topic:
    """Takes the place of the SNS client: keeps what is published until somebody reads it."""

    def __init__(self) -> None:
        self._published: list[str] = []

    def publish(self, Message: str, **_: Any) -> dict:
        self._published.append(Message)
        return {"MessageId": str(len(self._published))}

    def read(self) -> list[str]:
        unread, self._published = self._published, []
        return unread


class Bucket:
    """Takes the place of the S3 client. As Step Functions does, it takes a Body that is no string as its JSON."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}

    def put_object(self, Key: str, Body: Any, **_: Any) -> dict:
        self.objects[Key] = Body
        return {"ETag": '"0"'}


def _evaluate(expression: str) -> Any:
    try:
        value = jsonata.Jsonata(expression).evaluate(None)
        # A value of the evaluator's own types becomes plain JSON; undefined is None there, and null too.
        return None if value is None else json.loads(json.dumps(value))
    except Exception as error:
        raise moto_jsonata.JSONataException("UNKNOWN", str(error)) from error


def _declare(bindings: dict[str, Any]) -> str:
    """moto pastes strings in without escaping them."""
    return "".join(f"{name}:={json.dumps(value, separators=(',', ':'), default=str)};" for name, value in bindings.items())


def _evaluation_failed(env: Any, cause: str) -> FailureEventException:
    name = StatesErrorName(typ=StatesErrorNameType.StatesQueryEvaluationError)
    details = EvaluationFailedEventDetails(cause=cause, error=name.error_name)
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=EventDetails(evaluationFailedEventDetails=details),
        )
    )


def _mend_jsonata() -> None:
    moto_jsonata._eval_jsonata = _evaluate
    for module in (moto_jsonata, variables, states_module):
        module.encode_jsonata_variable_declarations = _declare
    body = string_expression.StringJSONata._eval_body

    def mended(self: Any, env: Any) -> None:
        try:
            body(self, env)
        except moto_jsonata.JSONataException as error:
            raise _evaluation_failed(env, str(error.details)) from error

    string_expression.StringJSONata._eval_body = mended


def _mend_choice() -> None:
    """A Choice without a match is States.NoChoiceMatched, which can be told from States.Runtime."""
    evaluate = choice.StateChoice._eval_state

    def mended(self: Any, env: Any) -> None:
        try:
            evaluate(self, env)
        except RuntimeError as error:
            name = StatesErrorName(typ=StatesErrorNameType.StatesNoChoiceMatched)
            details = ExecutionFailedEventDetails(error=name.error_name, cause=str(error))
            raise FailureEventException(
                FailureEvent(
                    env=env,
                    error_name=name,
                    event_type=HistoryEventType.ExecutionFailed,
                    event_details=EventDetails(executionFailedEventDetails=details),
                )
            ) from error

    choice.StateChoice._eval_state = mended


def _mend_time() -> None:
    waiting.WaitFunction._wait_interval = lambda self, env, wait_seconds: SLEEPER(wait_seconds)
    retrier.time = _SleepingTime()
    details = execution.Execution.get_start_execution_details

    def mended(self: Any) -> Any:
        self.start_date = datetime.datetime.fromtimestamp(SLEEPER.now(), tz=datetime.timezone.utc)
        return details(self)

    execution.Execution.get_start_execution_details = mended


def _mend_refusal() -> None:
    """SendTaskFailure loses its cause."""

    def mended(self: Any) -> Any:
        token, error, cause = (self._get_param(name) for name in ("taskToken", "error", "cause"))
        self.stepfunction_backend.send_task_failure(token, error=error, cause=cause)
        return responses.EmptyResult()

    responses.StepFunctionResponse.send_task_failure = mended


_mend_refusal()
_mend_jsonata()
_mend_choice()
_mend_time()


def _plain(output: str | None) -> Any:
    """moto gives an output that is a string without its quotation marks."""
    if output is None:
        return None
    try:
        return json.loads(output)
    except json.JSONDecodeError:
        return output


class Engine:
    """moto's Step Functions. One execution at a time."""

    def __init__(self, invoke: Callable[[str, Any], tuple[Any, str | None]]) -> None:
        self._mock = mock_aws(config={"stepfunctions": {"execute_state_machine": True}})
        functions = LambdaFunctions(invoke)
        lambda_calls.boto_client_for = lambda **_: functions
        self.topic, self.bucket = Topic(), Bucket()
        sns_calls.boto_client_for = lambda **_: self.topic
        sdk_calls.boto_client_for = lambda **_: self.bucket
        self._names = 0

    def __enter__(self) -> "Engine":
        self._mock.start()
        keys = {"aws_access_key_id": "engine", "aws_secret_access_key": "engine", "region_name": REGION}
        self.client = boto3.client("stepfunctions", **keys)
        return self

    def __exit__(self, *_: Any) -> None:
        self._mock.stop()

    def run(
        self,
        definition: dict,
        given: Any,
        on_wait: Callable[[float], None] = lambda seconds: None,
        on_start: Callable[[str], None] = lambda arn: None,
        while_running: Callable[[str], None] = lambda arn: None,
        now: Callable[[], float] = time.time,
        limit_seconds: float = 600,
    ) -> Run:
        """Runs a machine to its end. `on_start` is told the execution before it begins, at `now`; `limit_seconds` are
        real."""
        self._names += 1
        machine = self.client.create_state_machine(
            name=f"machine-{self._names}", definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]
        SLEEPER.total, SLEEPER.on_wait, SLEEPER.now = 0.0, on_wait, now
        on_start(machine.replace(":stateMachine:", ":execution:") + ":run")
        arn = self.client.start_execution(stateMachineArn=machine, name="run", input=json.dumps(given))["executionArn"]
        return self._end(arn, while_running, time.monotonic() + limit_seconds)

    def _end(self, arn: str, while_running: Callable[[str], None], limit: float) -> Run:
        pause = threading.Event()
        while (ended := self.client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            if time.monotonic() > limit:
                raise TimeoutError(f"{arn} does not end")
            while_running(arn)
            pause.wait(0.002)
        events = self.history(arn)
        output = ended.get("output")
        return Run(
            status=ended["status"],
            output=_plain(output),
            error=ended.get("error"),
            cause=ended.get("cause"),
            states=[e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e],
            waited_seconds=SLEEPER.total,
            events=events,
        )

    def history(self, arn: str) -> list[dict]:
        pages = self.client.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]

    def succeed_task(self, token: str, output: Any) -> None:
        self.client.send_task_success(taskToken=token, output=json.dumps(output))

    def fail_task(self, token: str, error: str, cause: str) -> None:
        self.client.send_task_failure(taskToken=token, error=error, cause=cause)


__all__ = ["ClientError", "Engine", "Run"]
