"""Kinds of fields that customer support has of its own."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from backoffice.schemas import Pattern, Strict, Text, Utc

SLUG = r"[a-z0-9][a-z0-9_-]{0,49}"
slug = Pattern(f"^{SLUG}$", error="Lower case letters, digits, - and _; 50 at most.")
rate_code = Pattern(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$", error="Letters, digits, dot, - and _; 50 at most.")
user_name = Pattern(r"^[A-Za-z0-9][A-Za-z0-9@._+-]{0,127}$", error="Not a user name.")


class Email(Text):
    """An e-mail address, 254 characters at most (RFC 5321)."""

    def __init__(self, **kwargs: Any) -> None:
        form = validate.Email(error="Not an e-mail address.")
        super().__init__(254, validate=form, metadata={"format": "email"}, **kwargs)


class Tags(fields.List[str]):
    """Labels of a ticket; one that is given twice counts once."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(fields.String(validate=slug), validate=validate.Length(max=20), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return list(dict.fromkeys(super()._deserialize(value, attr, data, **kwargs)))


class HistoryEntry(Strict):
    action = fields.String()
    by = fields.String(metadata={"description": "The user, or what did it: clock, or mail:<address>."})
    at = Utc()
    changes = fields.Dict(metadata={"description": "By field, what it was (from) and what it became (to)."})
    refers_to = fields.String(allow_none=True, metadata={"description": "The message, time entry or ticket."})
