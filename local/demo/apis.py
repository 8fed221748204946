"""The three services' APIs, each with the demo user who works with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.client import Client, Reply
from local.stage import users
from local.stage.place import DEFAULT_PORT, Place
from local.stage.problem import Problem


@dataclass(frozen=True)
class Apis:
    """Customer support as an agent, invoicing as an accountant, analytics as an analyst."""

    support: Client
    invoicing: Client
    analytics: Client


def apis(place: Place, client: Callable[..., Client] = Client, heard: Callable[[Reply], None] | None = None) -> Apis:
    """Clients of the stage at `place`. Raises Problem if there is none."""
    urls = endpoints(place)["services"]

    def of(service: str, user: str) -> Client:
        return client(urls[service], users.token(place, user), heard)

    return Apis(
        of("customer-support", "agent@example.com"),
        of("invoicing", "accountant@example.com"),
        of("analytics", "analyst@example.com"),
    )


def endpoints(place: Place) -> dict[str, Any]:
    """What `endpoints.json` of the stage says. Raises Problem if the stage was never up."""
    try:
        found: dict[str, Any] = json.loads(place.endpoints_file.read_text())
    except FileNotFoundError:
        port = "" if place.port == DEFAULT_PORT else f" PORT={place.port}"
        raise Problem(f"There is no stage yet: make up{port}") from None
    return found
