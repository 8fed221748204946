"""Idempotency keys: a repeated POST gets the first answer again and changes nothing.

The key and its answer are one item, written in the transaction of the effect. So there is no moment at which the
effect exists without its key or the key without its effect.

Design: https://docs.stripe.com/api/idempotent_requests
"""

import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backoffice.http.answer import Answer
from backoffice.http.problems import BadRequest, Problem

_KEPT_SECONDS = 48 * 3600
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


@dataclass(frozen=True)
class Reply:
    """An answer as it goes out: status, JSON text (or what a file holds) and headers."""

    status: int
    body: str | bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class Receipt:
    """An idempotency key with the reply that it stands for."""

    recipe: "Recipe"
    reply: Reply

    def item(self) -> dict[str, Any]:
        """The item to be written in the effect's transaction."""
        return {
            "pk": self.recipe.pk,
            "sk": "IDEMPOTENCY",
            "fingerprint": self.recipe.fingerprint,
            "status": self.reply.status,
            "body": self.reply.body,
            "headers": self.reply.headers,
            "expires_at": int(time.time()) + _KEPT_SECONDS,
        }


@dataclass(frozen=True)
class Recipe:
    """A creating request's key and fingerprint, and how its answer will be rendered."""

    key: str
    caller: str
    fingerprint: str
    render: Callable[[Answer], Reply]

    @property
    def pk(self) -> str:
        return f"IDEMPOTENCY#{self.caller}#{self.key}"

    def receipt(self, answer: Answer) -> Receipt:
        return Receipt(self, self.render(answer))

    def replay(self, item: dict[str, Any]) -> Reply:
        """The first reply again. Raises 422 where the key was used for another request."""
        if item["fingerprint"] != self.fingerprint:
            raise Problem(422, "idempotency_key_reused", "This Idempotency-Key was used for another request.")
        return Reply(int(item["status"]), item["body"], item["headers"] | {"Idempotent-Replayed": "true"})

    @staticmethod
    def is_current(item: dict[str, Any]) -> bool:
        """TTL deletes late; an item past its time counts as gone."""
        return int(item["expires_at"]) >= int(time.time())


def parse_key(text: str | None, *, required: bool) -> str | None:
    """The Idempotency-Key of a request. Raises 400 if it is unusable, or required and missing."""
    if text is None:
        if required:
            raise BadRequest("idempotency_key_required", "Send an Idempotency-Key header, unique to this request.")
        return None
    if not _KEY.fullmatch(text):
        raise BadRequest("bad_idempotency_key", "Idempotency-Key must be 1 to 255 visible ASCII characters.")
    return text


def fingerprint(method: str, path: str, body: dict[str, Any]) -> str:
    """Two requests are the same if method, path and JSON body are, whatever the order of the body's members.

    Raises 400 for a body that could be read but is nested too deeply to be written again.
    """
    try:
        canonical = json.dumps([method, path, body], sort_keys=True, separators=(",", ":"), default=str)
    except RecursionError:
        raise BadRequest("malformed_json", "The body is nested too deeply.") from None
    return hashlib.sha256(canonical.encode()).hexdigest()
