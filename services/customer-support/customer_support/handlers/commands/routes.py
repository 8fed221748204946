"""What the routes of all writes have in common."""

from collections.abc import Callable
from typing import Any

from backoffice.http import Api, Request
from backoffice.http.api import Handler
from customer_support.domain.history import Act

AGENTS = "agents"
CUSTOMER = {"customer_id": "cus"}
TICKET = {"ticket_id": "tkt"}

api = Api()


def act_of(request: Request) -> Act:
    """Who asks, and when."""
    return Act(request.caller.username, request.at)


def action(path: str, **route: Any) -> Callable[[Handler], Handler]:
    """A POST that does something to a ticket: takes an If-Match and an Idempotency-Key, demands neither."""
    return api.post(f"/tickets/{{ticket_id}}/{path}", group=AGENTS, idempotent=True, ids=TICKET, **route)
