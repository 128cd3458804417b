"""Drives the deployed HTTP API as its callers do: over HTTP, signed, rightly and wrongly."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Api:
    """The stack's API on this host."""

    def __init__(self, port: int, name: str, region: str) -> None:
        self._port, self._region = port, region
        self._host = f"{name}.execute-api.localhost:{port}"

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        signed: bool = True,
    ) -> tuple[int, Any, dict[str, str]]:
        data = body if isinstance(body, (str, type(None))) else json.dumps(body)
        given = {"host": self._host} | ({"content-type": "application/json"} if data else {}) | (headers or {})
        request = AWSRequest(method, f"http://{self._host}{path}", headers=given, data=data)
        if signed:
            SigV4Auth(Credentials("test", "test"), "execute-api", self._region).add_auth(request)
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        try:
            connection.request(method, path, body=data, headers=dict(request.headers.items()))
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        parsed = json.loads(text) if text else None
        return answer.status, parsed, {name.lower(): value for name, value in answer.getheaders()}


def mistakes(api: Api, plan: dict[str, Any]) -> None:
    """What must not start anything, and says why."""

    def told(wanted: int, *asked: Any, **how: Any) -> dict[str, Any]:
        status, body, headers = api.ask(*asked, **how)
        assert status == wanted, (asked[:2], status, body)
        # API Gateway answers in its own words what never reaches the function.
        if "title" in body:
            assert headers["content-type"] == "application/problem+json" and body["detail"], (headers, body)
        return body

    told(403, "GET", "/drills", signed=False)
    told(403, "POST", "/drills", plan, signed=False)
    # What is no route of the template never reaches the function. Second spellings of a path are tried in tests/api: the
    # emulator itself takes several for one.
    told(404, "PUT", "/drills", plan)
    told(404, "GET", "/plans")
    told(413, "POST", "/drills", json.dumps(plan) + " " * 300_000)
    told(415, "POST", "/drills", "<plan/>", {"content-type": "text/xml"})
    told(400, "POST", "/drills", "{")
    wrong = plan | {"colour": "blue", "regions": {"source": "us-east-1", "recovery": "us-east-1"}, "name": ""}
    paths = [error["path"] for error in told(422, "POST", "/drills", wrong)["errors"]]
    assert {"$.colour", "$.name", "$.regions"} <= set(paths), paths
    told(404, "POST", "/failbacks/none/approve", {})
    assert api.ask("GET", "/failbacks")[1] == {"runs": []}


def drill(api: Api, plan: dict[str, Any], end: Any) -> None:
    """A drill from its start to its report, with what others must not do meanwhile."""
    assert api.ask("POST", "/plan-checks", plan)[0] == 200
    key = {"idempotency-key": "through-the-api"}
    status, started, headers = api.ask("POST", "/drills", plan, key)
    assert (status, headers.get("location")) == (201, "/drills/through-the-api"), (status, started)
    assert api.ask("POST", "/drills", plan, key)[0] == 200, "the same start again is the same run"
    status, refused, _ = api.ask("POST", "/drills", plan)
    assert (status, refused["execution"]) == (409, "/drills/through-the-api"), (status, refused)
    assert api.ask("POST", "/failbacks", plan)[0] == 409
    waits = waiting(api)
    print(f"    waits at {waits['step']['state']}: {waits['waiting']['why']}")
    status, body, _ = api.ask("POST", "/failbacks/through-the-api/approve", {})
    assert status == 404, (status, body)
    end(started["execution"])
    _, shown, _ = api.ask("GET", "/drills/through-the-api")
    assert (shown["status"], shown["report"]["outcome"]) == ("SUCCEEDED", "succeeded"), shown
    assert shown["startedBy"] == shown["report"]["startedBy"] and shown["startedBy"].startswith("arn:aws:"), shown
    names = [run["name"] for run in api.ask("GET", "/drills?status=SUCCEEDED")[1]["runs"]]
    assert "through-the-api" in names, names
    status, body, _ = api.ask("POST", "/drills/through-the-api/stop", {"reason": "too late"})
    assert status == 409, (status, body)


def waiting(api: Api) -> dict[str, Any]:
    """The run, once it says why it waits."""
    limit = time.monotonic() + 120
    while True:
        _, shown, _ = api.ask("GET", "/drills/through-the-api")
        if shown.get("waiting"):
            return shown
        assert shown["status"] == "RUNNING" and time.monotonic() < limit, shown
        threading.Event().wait(0.1)
