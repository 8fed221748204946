"""Logs: one JSON object a line, written where stdout is when it is written."""

import io
import subprocess
import sys

import pytest
from layer_support import parts

from backoffice import logs
from backoffice.clock import parse_time
from backoffice.logs import invocation, logger


def test_each_line_is_one_json_object(log):
    logger.info("first\nsecond line of the same message", extra={"state": "open", "count": 2})
    logger.warning("careful")
    first, second = log()
    assert first["message"] == "first\nsecond line of the same message"
    assert (first["level"], first["state"], first["count"]) == ("INFO", "open", 2)
    assert second["level"] == "WARNING"


def test_a_line_tells_service_time_and_trace(log, invoked):
    header = parts(invoked())
    logger.info("hello")
    (line,) = log()
    assert line["service"] == logger.service
    assert parse_time(line["timestamp"])
    assert line["trace_id"] == header["Root"]


def test_a_line_outside_any_trace_has_no_trace_id(log):
    logger.info("hello")
    assert "trace_id" not in log()[0]


def test_an_exception_is_one_line_too(log):
    try:
        raise LookupError("gone")
    except LookupError:
        logger.exception("failed")
    (line,) = log()
    assert line["exception_name"] == "LookupError"
    assert "Traceback" in line["exception"]


def test_a_stdout_that_is_replaced_after_import_is_written_to(monkeypatch):
    for _ in range(2):
        stdout = io.StringIO()
        monkeypatch.setattr(sys, "stdout", stdout)
        logger.info("here")
        assert '"here"' in stdout.getvalue()


def test_a_line_is_written_in_one_piece(monkeypatch):
    written = []

    class Stdout(io.StringIO):
        def write(self, text):
            written.append(text)
            return len(text)

    monkeypatch.setattr(sys, "stdout", Stdout())
    logger.info("whole")
    assert len(written) == 1
    assert written[0].endswith("}\n")


def test_only_the_first_invocation_is_a_cold_start(log, context, monkeypatch):
    monkeypatch.setattr(logs, "_cold", True)
    for _ in range(3):
        with invocation(context):
            logger.info("a")
            logger.info("b")
    assert [line["cold_start"] for line in log()] == [True, True, False, False, False, False]


def test_lines_of_an_invocation_name_its_function_and_request_and_later_ones_do_not(log, context):
    with invocation(context):
        logger.info("inside")
    logger.info("outside")
    inside, outside = log()
    assert (inside["function"], inside["request_id"]) == ("test-layer-commands", "req-1")
    assert not {"function", "request_id", "cold_start"} & outside.keys()


@pytest.mark.parametrize("text", ["\ud800 lone surrogate", "control \x00\x1b[31m", "Grüße € 漢字"])
def test_text_of_any_kind_is_logged_as_one_line(text, monkeypatch):
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", stdout)
    logger.info("odd", extra={"fields": [text]})
    stdout.flush()
    lines = stdout.buffer.getvalue().decode().splitlines()
    assert len(lines) == 1
    assert '"odd"' in lines[0]


def test_a_service_logs_under_its_contexts_name_and_level():
    code = "from backoffice.logs import logger; logger.debug('quiet'); logger.info('loud')"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"CONTEXT": "invoicing", "PYTHONPATH": ":".join(filter(None, sys.path)), "LOG_LEVEL": "INFO"},
        capture_output=True,
        check=True,
        text=True,
        timeout=30,
    )
    assert '"service":"invoicing"' in run.stdout
    assert "quiet" not in run.stdout
