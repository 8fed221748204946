"""The HTTP kit: routes with their schemas, problem details, idempotency keys, ETags, cursors and group checks."""

from backoffice.errors import NotFound
from backoffice.http.answer import Answer, accepted, created, listing, nothing, ok
from backoffice.http.api import Api
from backoffice.http.files import File, unchanging_file
from backoffice.http.problems import BadRequest
from backoffice.http.request import Caller, Request

__all__ = [
    "Answer",
    "Api",
    "BadRequest",
    "Caller",
    "File",
    "NotFound",
    "Request",
    "accepted",
    "created",
    "listing",
    "nothing",
    "ok",
    "unchanging_file",
]
