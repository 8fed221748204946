"""Where the write routes are gathered, and what they have in common."""

import re

from backoffice.domain import Aggregate, Invalid
from backoffice.http import Api, Request

ACCOUNTANTS = "accountants"
ACCOUNT = {"account_id": "cus"}
INVOICE = {"invoice_id": "inv"}
PAYMENT = {"payment_id": "pay"}
DISPUTE = {"dispute_id": "dsp"}

api = Api()


def version_of(standing: Aggregate | None, request: Request) -> int:
    """The version that a PUT writes over, 0 for something new; refuses a stale If-Match."""
    version = standing.version if standing else 0
    request.require_version(version)
    return version


def named(request: Request, field: str, pattern: str) -> str:
    """A name that clients make up, from the path. Raises Invalid for one that cannot be a name."""
    name = request.path[field]
    if not re.fullmatch(pattern, name):
        raise Invalid.one(field, f"Must match {pattern}.")
    return name
