"""Whatever AWS answers, an operator reads a sentence that says what to do: in the shell and on the page alike."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import boto3
import pytest

from operations import __main__ as shell
from operations import service_map, session
from operations.periods import Period
from operations.problems import Problem
from operations.stacks import Stacks
from operations.stage import Stage
from tests.operations.answers import INBOX, LETTERS, AnsweredStage, Refusal, trace_id
from tests.operations.conftest import Serve

TRACE = trace_id()
ROUTES = [
    "/api/stage",
    "/api/map",
    f"/api/series?node=AWS::Lambda|{INBOX}",
    "/api/traces?filter=fault",
    f"/api/traces/{TRACE}",
    f"/api/traces/{TRACE}/logs",
    "/api/completions",
    "/api/queues",
    f"/api/queues/{LETTERS}/dead-letters",
    f"/api/queues/{LETTERS}/dead-letters/some-id",
]
WRITES = [f"/api/queues/{LETTERS}/redrive", f"/api/queues/{LETTERS}/discard"]
COMMANDS = [
    ["map"],
    ["traces", "fault"],
    ["trace", TRACE, "--logs"],
    ["logs", TRACE],
    ["queues"],
    ["dead-letters", "list"],
    ["dead-letters", "list", LETTERS],
    ["dead-letters", "show", LETTERS, "some-id"],
    ["dead-letters", "redrive", LETTERS, "--all", "--yes", "--allow-writes"],
    ["dead-letters", "discard", LETTERS, "some-id", "--yes", "--allow-writes"],
]
REFUSALS = {
    "throttled": (Refusal("ThrottlingException"), 429, "Wait a minute"),
    "access_denied": (Refusal("AccessDeniedException"), 403, "operator's policy"),
    "expired_credentials": (Refusal("ExpiredTokenException"), 401, "Sign in again"),
    "unknown_credentials": (Refusal("UnrecognizedClientException"), 401, "AWS_PROFILE"),
    "aws_failed": (Refusal("InternalFailure", status=500), 502, "Try again"),
}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Runs a command of the shell against a stage; gives its exit code, stdout and stderr."""

    def start(stage: Stage, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(session, "Stage", lambda name, endpoints: stage)
        code = shell.main([*arguments, "--stage", stage.name])
        told = capsys.readouterr()
        return code, told.out, told.err

    return start


@pytest.mark.parametrize("code", REFUSALS)
def test_every_route_says_what_aws_refused_and_what_to_do(serve: Serve, code: str) -> None:
    refusal, status, advice = REFUSALS[code]
    console = serve(AnsweredStage({"*": refusal}), writes_allowed=True)
    answers = [console.get(route) for route in ROUTES] + [console.post(route, {"all": True}) for route in WRITES]

    for answer in answers:
        problem = answer.json()
        assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), answer.url
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert problem["detail"] and advice in problem["advice"]
        assert "Traceback" not in answer.text


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_what_aws_refused_and_what_to_do(run, command: list[str], code: str) -> None:
    refusal, _, advice = REFUSALS[code]
    exit_code, out, err = run(AnsweredStage({"*": refusal}), *command)

    assert (exit_code, out, len(err.splitlines())) == (1, "", 1)
    assert advice in err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_credentials_every_command_says_how_to_sign_in(
    run, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    exit_code, out, err = run(Stage("prod"), *command)

    assert (exit_code, out, len(err.splitlines())) == (1, "", 1)
    assert "aws sso login" in err


def test_without_credentials_the_page_says_how_to_sign_in(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    console = serve(Stage("prod"))

    for route in ROUTES:
        answer = console.get(route)
        assert (answer.status_code, answer.json()["code"]) == (401, "no_credentials"), route
        assert "aws sso login" in answer.json()["advice"]


def test_once_they_have_expired_new_credentials_are_taken_without_a_restart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")

    def sign_in(key: str) -> None:
        file.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = secret\n")

    def key_of(stage: Stage) -> str:
        return str(stage.client("xray")._request_signer._credentials.access_key)

    sign_in("old")
    stage = AnsweredStage({"GetServiceGraph": Refusal("ExpiredTokenException")}, boto3.Session())
    assert key_of(stage) == "old"
    sign_in("new")
    assert key_of(stage) == "old"
    with pytest.raises(Problem, match="have expired"):
        service_map.service_map(stage, Stacks(stage), Period.last(timedelta(minutes=5)))

    assert key_of(stage) == "new"


def test_without_a_region_the_shell_says_how_to_name_one(run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    exit_code, _, err = run(Stage("prod"), "queues")

    assert exit_code == 1
    assert "AWS_REGION" in err


def test_a_local_stage_that_is_down_says_how_to_start_it(serve: Serve, run, tmp_path: Path) -> None:
    file = tmp_path / "endpoints.json"
    file.write_text(json.dumps({"aws": "http://127.0.0.1:9", "xray": "http://127.0.0.1:9"}))
    exit_code, _, err = run(Stage("local", file), "map")

    assert (exit_code, len(err.splitlines())) == (1, 1)
    assert "make up" in err
    answer = serve(Stage("local", file)).get("/api/map")
    assert (answer.status_code, answer.json()["code"]) == (503, "unreachable")


def test_a_local_stage_that_never_was_says_how_to_start_it(run, tmp_path: Path) -> None:
    exit_code, _, err = run(Stage("local", tmp_path / "endpoints.json"), "map")

    assert exit_code == 1
    assert "make up" in err


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["map"], "Nothing was traced in that time."),
        (["traces"], "None of 0 traces matches."),
        (["queues"], "The stage has no queues"),
        (["dead-letters", "list"], "There are no dead letters."),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_where_there_is_nothing_the_shell_says_so(run, command: list[str], told: str) -> None:
    stage = AnsweredStage({"DescribeStacks": {"Stacks": []}, "GetTraceSummaries": {"TraceSummaries": []}})
    exit_code, out, err = run(stage, *command)

    assert (exit_code, err) == (0, "")
    assert told in out


def test_where_there_is_nothing_the_page_gets_empty_lists(serve: Serve) -> None:
    console = serve(AnsweredStage({"DescribeStacks": {"Stacks": []}, "GetTraceSummaries": {"TraceSummaries": []}}))

    assert console.get("/api/map").json()["nodes"] == []
    assert console.get("/api/traces").json()["items"] == []
    assert console.get("/api/queues").json() == {"items": []}


@pytest.mark.parametrize(
    ("route", "status", "word"),
    [
        ("/api/map?from=yesterday", 400, "no time"),
        ("/api/map?from=2026-01-01T00:00", 400, "time zone"),
        ("/api/map?from=5m&to=10m", 400, "ends before it begins"),
        ("/api/map?from=30d", 400, "longer than 7 days"),
        ("/api/series", 400, "Neither"),
        ("/api/series?node=nonsense", 400, "no node's id"),
        ("/api/series?edge=AWS::Lambda|a", 400, "no edge's id"),
        ("/api/traces?node=a|b&edge=a|b > c|d", 400, "Both"),
        ("/api/traces?cursor=%FF", 400, "cursor"),
        ("/api/traces?cursor=W10=", 400, "cursor"),
        ("/api/traces/1-zz", 400, "no trace's id"),
        ("/api/live?minutes=0", 400, "minutes"),
        ("/api/live?minutes=%C2%B2", 400, "minutes"),
        ("/api/queues/elsewhere/dead-letters", 404, "no queue of dead letters"),
        (f"/api/queues/{INBOX}/dead-letters", 404, "no queue of dead letters"),
        (f"/api/queues/{LETTERS}/dead-letters/never", 404, "gone"),
        (f"/api/traces/{TRACE}", 404, "no trace"),
        ("/api/nothing", 404, "Not Found"),
        ("/assets/nothing.js", 404, "Not Found"),
        ("/libraries/../package.json", 404, "Not Found"),
        ("/libraries/%2e%2e%2fpackage.json", 404, "no library"),
    ],
)
def test_what_was_asked_wrongly_is_named(serve: Serve, route: str, status: int, word: str) -> None:
    answer = serve(AnsweredStage({})).get(route)

    assert answer.status_code == status
    assert word in answer.json()["detail"]
    assert answer.json()["advice"]


def test_a_filter_that_xray_cannot_read_is_told_in_xrays_own_words(serve: Serve) -> None:
    refusal = Refusal("InvalidRequestException", "Invalid FilterExpression: expected a keyword")
    answer = serve(AnsweredStage({"GetTraceSummaries": refusal})).get("/api/traces?filter=nonsense")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert "expected a keyword" in answer.json()["detail"]


def test_a_fault_of_the_consoles_own_is_logged_and_shows_no_traceback(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    answer = serve(AnsweredStage({"GetServiceGraph": {"Services": [{"Edges": []}]}})).get("/api/map")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "KeyError" not in answer.text
    assert "KeyError" in caplog.text


@pytest.mark.parametrize(
    "arguments",
    [[], ["dead-letters"], ["dead-letters", "redrive", LETTERS], ["dead-letters", "discard", LETTERS, "x", "--all"]],
    ids=" ".join,
)
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        shell.main(arguments)

    assert ended.value.code == 2
