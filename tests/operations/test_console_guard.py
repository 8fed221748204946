"""Who may ask the console, and what its answers let a page do."""

from __future__ import annotations

import http.client

import pytest

from operations.console import assets
from tests.operations.answers import LETTERS, AnsweredStage
from tests.operations.conftest import Console, Serve

REDRIVE = f"/api/queues/{LETTERS}/redrive"


@pytest.fixture
def console(serve: Serve) -> Console:
    return serve(AnsweredStage({}), writes_allowed=True)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "localhost.evil:{port}", ""]
)
@pytest.mark.parametrize("path", ["/", "/api/queues", "/api/live", "/assets/main.js", "/health"])
def test_only_loopbacks_own_names_are_answered(console: Console, host: str, path: str) -> None:
    answer = console.get(path, headers={"Host": host.format(port=console.port)})

    assert (answer.status_code, answer.json()["code"]) == (421, "misdirected")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_loopbacks_names_are_answered(console: Console, host: str) -> None:
    assert console.get("/api/queues", headers={"Host": f"{host}:{console.port}"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_sites_page_is_refused(console: Console, headers: dict[str, str], method: str) -> None:
    path = REDRIVE if method == "POST" else "/api/queues"
    answer = console.http.request(method, console.url + path, headers=headers, json={"all": True}, timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("type_", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_what_a_form_can_send_is_refused(console: Console, type_: str | None) -> None:
    headers = {"Content-Type": type_} if type_ else {}
    answer = console.http.post(console.url + REDRIVE, data=b'{"all": true}', headers=headers, timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "GET"])
def test_nothing_is_changed_by_another_method(console: Console, method: str) -> None:
    answer = console.http.request(method, console.url + REDRIVE, json={"all": True}, timeout=10)

    assert answer.status_code == 405
    assert answer.json()["advice"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"all": false}', b'{"all": 1}', b'{"ids": []}', b'{"ids": [1]}', b'{"ids": "all"}']
    + [b'{"all": true, "ids": ["a"]}', b'{"ids": [' + b",".join([b'"a"'] * 501) + b"]}", b"[" * 50_000],
    ids=lambda body: body[:30].decode(),
)
def test_nothing_is_done_to_letters_that_are_not_named(console: Console, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = console.http.post(console.url + REDRIVE, data=body, headers=headers, timeout=10)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert '{"all": true}' in answer.json()["advice"] or "portions" in answer.json()["advice"]


def test_a_body_beyond_all_measure_is_refused(console: Console) -> None:
    headers = {"Content-Type": "application/json"}
    answer = console.http.post(console.url + REDRIVE, data=b" " * 300_000, headers=headers, timeout=10)

    assert answer.status_code == 413


@pytest.mark.parametrize("action", ["redrive", "discard"])
def test_a_console_that_may_only_read_says_how_to_start_one_that_may_write(serve: Serve, action: str) -> None:
    stage = AnsweredStage({})
    console = serve(stage)
    answer = console.post(f"/api/queues/{LETTERS}/{action}", {"all": True})

    assert (answer.status_code, answer.json()["code"]) == (403, "read_only")
    assert "--allow-writes" in answer.json()["advice"]
    assert stage.asked == []
    assert console.get("/api/stage").json()["writes_allowed"] is False


@pytest.mark.parametrize("path", ["/", "/api/queues", "/api/nothing", "/health"])
def test_every_answer_lets_a_page_load_nothing_foreign(console: Console, path: str) -> None:
    headers = console.get(path).headers
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "server" not in {name.lower() for name in headers}


def test_answers_about_the_stage_are_kept_nowhere(console: Console) -> None:
    assert console.get("/api/queues").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/assets/../__init__.py", "/assets/..%2f__init__.py", "/assets//etc/passwd", "/libraries/osls"]
)
def test_no_other_file_is_served(console: Console, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", console.port, timeout=10)
    connection.request("GET", path)  # as it is: requests would tidy the path up

    assert connection.getresponse().status == 404


@pytest.mark.parametrize("name", assets.LIBRARIES)
def test_the_pages_libraries_come_from_npms_packages(console: Console, name: str) -> None:
    answer = console.get(f"/libraries/{name}")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert len(answer.content) > 500


def test_it_listens_on_loopback_only_and_logs_no_request(serve: Serve, capfd: pytest.CaptureFixture[str]) -> None:
    console = serve(AnsweredStage({}))
    console.get('/api/traces?filter=user = "ada@example.com"')
    told = capfd.readouterr()

    assert "ada@example.com" not in told.out + told.err
