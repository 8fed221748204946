"""Bad luck on order: somebody else gets in between a read and its write, or a write or its answer is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from invoicing.store import Store


@contextmanager
def meanwhile(read: str, *events: Callable[[], Any]) -> Iterator[None]:
    """After each of the next reads by ``Store.<read>`` let one of the events happen, before the reader goes on."""
    original, pending = getattr(Store, read), list(events)

    def interrupted(self: Store, *arguments: Any) -> Any:
        answer = original(self, *arguments)
        if pending:
            pending.pop(0)()
        return answer

    with patch.object(Store, read, interrupted):
        yield
    assert not pending, "the race was never run"


@contextmanager
def lost_answer(client: Any, *, must_happen: bool = True) -> Iterator[None]:
    """The next transaction is written, and nobody hears of it."""
    original, lost = client.transact_write_items, []

    def transact(**request: Any) -> Any:
        answer = original(**request)
        if not lost:
            lost.append(request)
            raise ReadTimeoutError(endpoint_url="dynamodb")
        return answer

    with patch.object(client, "transact_write_items", transact):
        yield
    assert lost or not must_happen, "nothing was written"


@contextmanager
def lost_request(client: Any) -> Iterator[None]:
    """The next transaction never arrives."""
    original, lost = client.transact_write_items, []

    def transact(**request: Any) -> Any:
        if not lost:
            lost.append(request)
            raise ConnectTimeoutError(endpoint_url="dynamodb")
        return original(**request)

    with patch.object(client, "transact_write_items", transact):
        yield
