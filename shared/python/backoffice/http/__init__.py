"""The HTTP kit: routes with their schemas, problem details, idempotency keys, ETags, cursors and group checks."""

from backoffice.errors import NotFound
from backoffice.http.answer import Answer, accepted, created, listing, nothing, ok
from backoffice.http.api import Api
from backoffice.http.files import File, passing_file, unchanging_file
from backoffice.http.negotiation import preferred
from backoffice.http.problems import BadRequest, Problem
from backoffice.http.request import Caller, Request

__all__ = [
    "Answer",
    "Api",
    "BadRequest",
    "Caller",
    "File",
    "NotFound",
    "Problem",
    "Request",
    "accepted",
    "created",
    "listing",
    "nothing",
    "ok",
    "passing_file",
    "preferred",
    "unchanging_file",
]
