"""Where the write routes are gathered, and what they have in common."""

import re

from backoffice.domain import Invalid
from backoffice.http import Api, Request

ACCOUNTANTS = "accountants"
ACCOUNT = {"account_id": "cus"}
INVOICE = {"invoice_id": "inv"}
PAYMENT = {"payment_id": "pay"}
DISPUTE = {"dispute_id": "dsp"}

api = Api()


def named(request: Request, field: str, pattern: str) -> str:
    """A name that clients make up, from the path. Raises Invalid for one that cannot be a name."""
    name = request.path[field]
    if not re.fullmatch(pattern, name):
        raise Invalid.one(field, f"Must match {pattern}.")
    return name
