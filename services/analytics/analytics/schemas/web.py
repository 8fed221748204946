"""What websites send, and what they are answered."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from analytics.domain.web.pages import page_of
from backoffice.schemas import Pattern, Strict, Text, Utc

MOST_EVENTS = 500
"""Of one request: as many as the stream takes at once."""

_LONGEST_ADDRESS = 2_048
_LONGEST_VISITOR = 128


class Page(Text):
    """A page's address or path, read as the page that it stands for."""

    def __init__(self, **kwargs: Any) -> None:
        description = "A path or an address, like /pricing; host, query and fragment are dropped."
        super().__init__(_LONGEST_ADDRESS, metadata={"description": description}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        address = super()._deserialize(value, attr, data, **kwargs)
        # What is validated afterwards is the page, which is never long.
        if len(address) > _LONGEST_ADDRESS:
            raise ValidationError(f"Longer than maximum length {_LONGEST_ADDRESS}.")
        try:
            return page_of(address)
        except ValueError:
            raise ValidationError("Neither a path, like /pricing, nor an address of the web.") from None


class PageView(Strict):
    event_id = fields.String(
        required=True,
        validate=Pattern("[A-Za-z0-9_-]{1,64}", error="Must be 1 to 64 letters, digits, - or _."),
        metadata={"description": "Made by whoever saw the view, a UUID for example. The same again counts once."},
    )
    page = Page(required=True)
    visitor_id = Text(
        _LONGEST_VISITOR,
        required=True,
        metadata={"description": "Tells visitors apart. Only a keyed hash of it leaves the request."},
    )
    occurred_at = Utc(required=True, metadata={"description": "Of the past seven days; five minutes ahead at most."})


class WebEvents(Strict):
    events = fields.List(fields.Nested(PageView), required=True, validate=validate.Length(min=1, max=MOST_EVENTS))


class Accepted(Strict):
    accepted = fields.Integer(metadata={"description": "Events that will be counted."})
    duplicates = fields.Integer(metadata={"description": "Events that stood in the request more than once."})
