"""A service that was deployed is asked from outside: is it there, does it refuse strangers, is any of its alarms on?"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from operations import __main__ as shell
from operations import session
from tests.operations.answers import AnsweredStage
from tests.stage import Stage

DOCUMENT = {"openapi": "3.1.0", "paths": {"/invoices/{id}": {"get": {}}, "/invoices": {"get": {}, "post": {}}}}
Serving = Callable[[dict[str, tuple[int, Any]]], str]


@pytest.fixture
def serving() -> Iterator[Serving]:
    """Serves an API whose answers are given by path; what is not given is a 404."""
    servers: list[HTTPServer] = []

    def start(answers: dict[str, tuple[int, Any]]) -> str:
        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = answers.get(self.path, (404, {}))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: Any) -> None:
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Answers))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def at(url: str, **alarms: str) -> None:
        stack = {"StackName": "prod-invoicing", "Outputs": [{"OutputKey": "ServiceEndpoint", "OutputValue": url}]}
        found = [{"AlarmName": f"prod-invoicing-{name}", "StateValue": state} for name, state in alarms.items()]
        answers = {"DescribeStacks": {"Stacks": [stack]}, "DescribeAlarms": {"MetricAlarms": found}}
        monkeypatch.setattr(session, "Stage", lambda name, endpoints: AnsweredStage(answers))

    return at


SOUND = {"/openapi.json": (200, DOCUMENT), "/invoices": (401, {})}


@pytest.mark.parametrize(
    ("answers", "alarms", "complaint"),
    [
        (SOUND, {"api": "OK", "clock": "INSUFFICIENT_DATA"}, None),
        ({"/openapi.json": (500, {})}, {}, "GET /openapi.json answers 500"),
        ({"/openapi.json": (200, "surprise")}, {}, "GET /openapi.json answers 200"),
        (
            {**SOUND, "/invoices": (200, {"items": []})},
            {},
            "GET /invoices without a token answers 200, 401 was expected",
        ),
        (SOUND, {"api": "ALARM"}, "the alarm prod-invoicing-api is on"),
    ],
)
def test_whatever_is_amiss_is_named_and_fails_the_command(
    serving: Serving, deployed: Any, capsys: Any, answers: Any, alarms: dict[str, str], complaint: str | None
) -> None:
    deployed(serving(answers), **alarms)
    assert shell.main(["smoke", "invoicing", "--stage", "prod"]) == (1 if complaint else 0)
    assert (complaint or "no alarm is on") in capsys.readouterr().out


def test_a_service_that_is_not_there_or_does_not_answer_gets_a_sentence(deployed: Any, capsys: Any) -> None:
    deployed("http://127.0.0.1:9")
    assert shell.main(["smoke", "pets", "--stage", "prod"]) == 1
    assert "There is no stack prod-pets with an API." in capsys.readouterr().err
    assert shell.main(["smoke", "invoicing", "--stage", "prod"]) == 1
    assert "http://127.0.0.1:9/openapi.json does not answer" in capsys.readouterr().err


def test_the_services_of_a_stage_are_sound(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    for service in stage.endpoints["services"]:
        shell.main(["smoke", service, "--endpoints", str(stage.place.endpoints_file), "--json"])
        amiss = json.loads(capsys.readouterr().out)["amiss"]
        # Other tests of this stage make things fail on purpose.
        assert [one for one in amiss if not one.startswith("the alarm")] == []
