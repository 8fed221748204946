"""Event source mappings, held back for a while: what comes waits in the queue or the stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from local.demo.waiting import until
from tests.stage import Stage


@contextmanager
def held_back(stage: Stage, *functions: str) -> Iterator[None]:
    """Let nothing come to these functions inside the block."""
    try:
        for function in functions:
            switch(stage, function, on=False)
        yield
    finally:
        for function in functions:
            switch(stage, function, on=True)


def switch(stage: Stage, function: str, *, on: bool) -> None:
    """Switch a function's event sources on or off and wait until they are."""
    lambda_ = stage.client("lambda")
    ids = [one["UUID"] for one in lambda_.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]]
    assert ids, f"nothing wakes {function}"
    for id in ids:
        lambda_.update_event_source_mapping(UUID=id, Enabled=on)
    wanted = "Enabled" if on else "Disabled"
    until(
        f"the event sources of {function} are {wanted}",
        lambda: {lambda_.get_event_source_mapping(UUID=id)["State"] for id in ids} == {wanted},
    )
