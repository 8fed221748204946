"""Logs: one JSON object a line, joined to the trace of the request (or record) that it belongs to.

No personal data and no token is logged: ids, types, states and durations tell enough.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from aws_lambda_powertools.logging import Logger

from backoffice import tracing


class _CurrentStdout(logging.StreamHandler[TextIO]):
    """Writes where ``sys.stdout`` points to when it writes.

    Runtimes replace ``sys.stdout`` after import; a handler that keeps the first one writes where nobody reads.
    """

    @property
    def stream(self) -> TextIO:
        return sys.stdout

    @stream.setter
    def stream(self, stream: TextIO) -> None:
        pass

    def format(self, record: logging.LogRecord) -> str:
        # A lone surrogate, which a client can send, fits no encoding; as JSON's escape it does.
        return super().format(record).encode(errors="backslashreplace").decode()


def _add_trace_id(record: logging.LogRecord) -> bool:
    record.trace_id = tracing.trace_id()
    return True


def _logger() -> Logger:
    handler = _CurrentStdout()
    handler.addFilter(_add_trace_id)
    return Logger(
        service=os.environ.get("CONTEXT", "backoffice"),
        logger_handler=handler,
        use_rfc3339=True,
        utc=True,
        location=None,
        xray_trace_id=None,
    )


logger = _logger()

_cold = True


@contextmanager
def invocation(context: Any) -> Iterator[None]:
    """Let every line inside the block tell its function, request and whether it was a cold start."""
    global _cold
    cold, _cold = _cold, False
    with logger.append_context_keys(function=context.function_name, request_id=context.aws_request_id, cold_start=cold):
        yield
