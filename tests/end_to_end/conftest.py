"""What the tests over HTTP share: clients of the deployed APIs, and one working day played through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from local.client import Client, Reply
from local.demo.apis import Apis, apis
from local.demo.day import Day, Done
from tests.end_to_end.undeliverable import Undeliverable
from tests.stage import Stage


@dataclass(frozen=True)
class Played:
    """A day and all the answers it got."""

    done: Done
    replies: list[Reply]


@pytest.fixture(scope="session")
def services(stage: Stage) -> Apis:
    """The APIs as the demo's agent, accountant and analyst call them."""
    return apis(stage.place)


@pytest.fixture(scope="session")
def as_user(stage: Stage) -> Callable[[str, str], Client]:
    """A service's API as another demo user calls it: `as_user("invoicing", "operator")`."""
    clients: dict[tuple[str, str], Client] = {}

    def client(service: str, user: str) -> Client:
        if (service, user) not in clients:
            clients[service, user] = Client(stage.endpoints["services"][service], stage.token(f"{user}@example.com"))
        return clients[service, user]

    return client


@pytest.fixture(scope="session")
def with_token(stage: Stage) -> Callable[[str, str | None], Client]:
    """A service's API, called with any token or with none."""
    return lambda service, token: Client(stage.endpoints["services"][service], token)


@pytest.fixture(scope="session", autouse=True)
def undeliverable(stage: Stage) -> Undeliverable:
    """Messages that nobody understands: sent first, so that they fail again and again beside all other tests."""
    sent = Undeliverable(stage)
    sent.send()
    return sent


@pytest.fixture(scope="session")
def day(stage: Stage) -> Played:
    """A working day."""
    replies: list[Reply] = []
    done = Day(apis(stage.place, heard=replies.append), seed=7).play()
    return Played(done, replies)
