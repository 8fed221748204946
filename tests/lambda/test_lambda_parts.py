"""The parts that need no stage: trace headers, metrics in log lines, HTTP, changed files."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from importlib import import_module
from pathlib import Path

import pytest

from local.stage import functions, watching
from local.stage.place import ROOT

ages = import_module("local.lambda.ages")
tracing = import_module("local.lambda.tracing")
metrics = import_module("local.lambda.metrics")
wire = import_module("local.lambda.wire")
unpacked = import_module("local.lambda.unpacked")
archive = import_module("tests.lambda.conftest").archive

INVENTED = "Root=1-00000001-000000000000000000000001;Parent=00000000000000ff;Sampled=1"
CLIENTS = "Root=1-00000002-000000000000000000000002;Parent=00000000000000aa;Sampled=0"


def test_an_apis_request_is_followed_in_the_trace_that_its_client_named() -> None:
    event = {"httpMethod": "GET", "headers": {"x-amzn-trace-id": CLIENTS}}
    assert tracing.header_of(event, INVENTED) == tracing.Header(CLIENTS[5:40], "00000000000000aa", False)


def test_an_apis_request_without_a_trace_keeps_the_invented_parent_which_stands_for_the_stage() -> None:
    assert tracing.header_of({"httpMethod": "GET", "headers": None}, INVENTED).parent == "00000000000000ff"


@pytest.mark.parametrize("event", [{"Records": []}, {"source": "aws.events"}, [], "text", None])
def test_any_other_invocation_begins_a_trace_without_a_parent(event: object) -> None:
    assert tracing.header_of(event, INVENTED) == tracing.Header(INVENTED[5:40], None, True)


def test_a_batch_is_linked_to_each_trace_of_its_messages_once() -> None:
    records = [{"attributes": {"AWSTraceHeader": header}} for header in (CLIENTS, INVENTED, CLIENTS)]
    links = tracing.links_of({"Records": [*records, {"attributes": {}}, {}]})
    assert [link["id"] for link in links] == ["00000000000000aa", "00000000000000ff"]


def test_each_set_of_dimensions_is_a_datum() -> None:
    directive = {"Namespace": "N", "Dimensions": [["a"], ["a", "b"]], "Metrics": [{"Name": "M"}]}
    told = {"_aws": {"Timestamp": 0, "CloudWatchMetrics": [directive]}, "a": "1", "b": "2", "M": [1, 2]}
    found = list(metrics.data_of(json.dumps(told)))
    assert [[one["Name"] for one in datum["Dimensions"]] for _, datum in found] == [["a"], ["a", "b"]]
    assert {tuple(datum["Values"]) for _, datum in found} == {(1.0, 2.0)}


@pytest.mark.parametrize("line", ['"CloudWatchMetrics"', '{"_aws": 1}', '{"_aws": {"Timestamp": "x"}}', "[]"])
def test_a_line_that_only_looks_like_metrics_is_none(line: str) -> None:
    assert list(metrics.data_of(line)) == []


def test_a_queues_age_is_that_of_its_oldest_message_and_an_empty_queue_has_none() -> None:
    waiting = [{"SentTimestamp": 1000}, {"SentTimestamp": 940}]
    queues = {"http://sqs/0/full": waiting, "http://sqs/0/empty": []}
    assert ages.oldest({"000000000000": {"eu-central-1": queues}}, 1005.5) == {"full": 65.5}


def test_a_request_in_chunks_is_read_whole_and_one_that_is_no_http_is_refused() -> None:
    async def exchange(sent: bytes) -> tuple[bytes, list[bytes]]:
        bodies: list[bytes] = []

        async def handle(request: object) -> object:
            bodies.append(request.body)  # type: ignore[attr-defined]
            return wire.Response(200, b"{}", {"X-Told": "two\r\nlines"})

        server = await wire.listen(handle)
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port_of(server))
        writer.write(sent)
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        server.close()
        return answer, bodies

    chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n"
    answer, bodies = asyncio.run(exchange(chunked))
    assert bodies == [b"abcde"]
    assert b"X-Told: two  lines\r\n" in answer
    answer, bodies = asyncio.run(exchange(b"nonsense\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert bodies == []


def test_the_functions_of_the_stacks_are_known_before_they_are_deployed() -> None:
    names = functions.names()
    assert len(names) == len(set(names))
    assert {"local-customer-support-relay", "local-invoicing-clock", "local-analytics-transformer"} <= set(names)


def test_a_syntax_error_is_told_with_file_and_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(watching, "ROOT", tmp_path)
    (tmp_path / "good.py").write_text("x = 1\n")
    (tmp_path / "bad.py").write_text("x = 1\ndef f(:\n")
    assert watching.syntax_error([tmp_path / "good.py"]) is None
    assert watching.syntax_error([tmp_path / "good.py", tmp_path / "bad.py"]) == "bad.py:2: SyntaxError: invalid syntax"


def test_equal_files_give_equal_archives() -> None:
    files = [(ROOT / "Makefile", "a"), (ROOT / "README.md", "b")]
    assert watching.archived(files) == watching.archived(files)


class _Archives:
    """An `Unpacked` whose clock a test turns, and the archives that it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self._files = folder / "archives"
        self._files.mkdir(exist_ok=True)
        self.unpacked = unpacked.Unpacked(folder / "unpacked", lambda: self.now)

    def digest(self, code: str) -> str:
        return base64.b64encode(hashlib.sha256(archive(code)).digest()).decode()

    def folder(self, code: str) -> Path:
        file = self._files / hashlib.sha256(code.encode()).hexdigest()
        file.write_bytes(archive(code))
        found: Path = self.unpacked.folder(self.digest(code), file.as_uri)
        return found


def test_what_is_no_longer_deployed_is_removed_once_no_worker_can_be_left(tmp_path: Path) -> None:
    archives = _Archives(tmp_path)
    old, new = archives.folder("old = 1"), archives.folder("new = 1")
    deployed = [archives.digest("new = 1")]
    assert archives.unpacked.prune(deployed) == 0
    archives.now = unpacked.LINGERING_SECONDS - 1
    assert archives.unpacked.prune(deployed) == 0
    assert (old / "main.py").exists()
    archives.now += 1
    assert archives.unpacked.prune(deployed) == 1
    assert list((tmp_path / "unpacked").iterdir()) == [new]
    assert (new / "main.py").exists()


def test_what_is_used_or_deployed_again_lingers_anew(tmp_path: Path) -> None:
    archives = _Archives(tmp_path)
    used, deployed_again = archives.folder("used = 1"), archives.folder("deployed = 1")
    archives.unpacked.prune([])
    archives.now = unpacked.LINGERING_SECONDS - 1
    archives.folder("used = 1")
    archives.unpacked.prune([archives.digest("deployed = 1")])
    archives.now += 2
    assert archives.unpacked.prune([]) == 0
    assert used.exists() and deployed_again.exists()
    archives.now += unpacked.LINGERING_SECONDS
    assert archives.unpacked.prune([]) == 2


def test_what_a_program_before_has_left_is_removed_at_once_unless_it_is_deployed_or_used(tmp_path: Path) -> None:
    before = _Archives(tmp_path)
    for code in ("deployed = 1", "used = 1", "old = 1"):
        before.folder(code)
    (tmp_path / "unpacked" / "draft-of-a-crash").mkdir()
    archives = _Archives(tmp_path)
    kept = {archives.folder("used = 1"), before.folder("deployed = 1")}
    assert archives.unpacked.prune([archives.digest("deployed = 1")]) == 2
    assert set((tmp_path / "unpacked").iterdir()) == kept


def test_a_removed_archive_is_fetched_anew(tmp_path: Path) -> None:
    archives = _Archives(tmp_path)
    folder = archives.folder("main = 1")
    archives.unpacked.prune([])
    archives.now = unpacked.LINGERING_SECONDS
    archives.unpacked.prune([])
    assert not folder.exists()
    assert (archives.folder("main = 1") / "main.py").read_text() == "main = 1"
