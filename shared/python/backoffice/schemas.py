"""marshmallow, as every context uses it: unknown fields refused, kinds of ids checked, money exact."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib.resources import files
from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, post_load, validate

from backoffice.clock import parse_time, rfc3339
from backoffice.domain import FieldError
from backoffice.ids import is_id

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_LONGEST_TAG = 35
_LANGUAGE_TAG = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"


class Strict(Schema):
    """Base of what clients send: a field that nobody knows is an error, not a silent loss."""

    class Meta:
        unknown = RAISE


class Changes(Strict):
    """Base of PATCH bodies: what is left out stays; nothing at all is a mistake."""

    @post_load
    def demand_something(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if not data:
            raise ValidationError("Name at least one field to change.")
        return data


class Tolerant(Schema):
    """Base of what other contexts send: their new fields must not break us (tolerant reader)."""

    class Meta:
        unknown = EXCLUDE


class Text(fields.String):
    """A string with visible content and an upper length; surrounding white space is dropped.

    Control characters other than tab and line breaks are refused: no table, log or page should meet them.
    """

    _FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

    def __init__(self, longest: int, *, shortest: int = 1, **kwargs: Any) -> None:
        length = validate.Length(min=shortest, max=longest)
        super().__init__(validate=[length, *_as_list(kwargs.pop("validate", None))], **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs).strip()
        if self._FORBIDDEN.search(text):
            raise ValidationError("Contains control characters.")
        return text


class Id(fields.String):
    """A prefixed ULID of one kind; an id of another kind is refused by name."""

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        super().__init__(metadata={"pattern": f"^{prefix}_[0-9A-HJKMNP-TV-Z]{{26}}$"}, **kwargs)
        self.prefix = prefix

    @property
    def pattern(self) -> str:
        """What is accepted, exactly: the first digit of a ULID is 7 at most."""
        return f"^{self.prefix}_[0-7][0-9A-HJKMNP-TV-Z]{{25}}$"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        if not is_id(self.prefix, value):
            raise ValidationError(f"Not an id of this kind: expected {self.prefix}_ and a ULID.")
        return str(value)


class Utc(fields.Field[datetime]):
    """An RFC 3339 time with offset, kept in UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        try:
            return parse_time(value)
        except (TypeError, ValueError):
            raise ValidationError("Not an RFC 3339 time with offset, like 2026-11-23T17:00:00Z.") from None

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else rfc3339(value)


class Day(fields.Field[date]):
    """A calendar date, ``YYYY-MM-DD``."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> date:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        raise ValidationError("Not a date, like 2026-11-23.")

    def _serialize(self, value: date | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.isoformat()


class Pattern(validate.Regexp):
    """Demands that the whole value matches; ``$`` alone would let a line break at the end pass."""

    def __call__(self, value: Any) -> Any:
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self._format_error(value))
        return value


class Flag(fields.Boolean):
    """``true`` or ``false``; no word and no number stands for them."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Neither true nor false.")
        return value


class Whole(fields.Integer):
    """A JSON integer within inclusive bounds; no string, no ``true``, no ``1.0``."""

    def __init__(self, *, least: int = 0, most: int = 2**53 - 1, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=least, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if type(value) is not int:
            raise ValidationError("Not a whole number.")
        return value


class DecimalString(fields.Field[Decimal]):
    """An exact decimal number written as a string; a JSON number (a float in most clients) is refused.

    Args:
        least, most: inclusive bounds.
        places: most digits after the point.
    """

    def __init__(
        self, *, least: str | None = None, most: str = "999999999999", places: int = 10, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.least = None if least is None else Decimal(least)
        self.most = Decimal(most)
        self.places = places

    @property
    def pattern(self) -> str:
        """A regular expression of what is accepted whatever the digits: bounds that are no power of ten narrow it."""
        digits = len(str(int(self.most) + 1)) - 2
        sign = "-?" if self.least is None else ""
        return rf"^{sign}(0|[1-9][0-9]{{0,{digits}}})(\.[0-9]{{1,{self.places}}})?$"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Decimal:
        if not isinstance(value, str) or len(value) > 40 or not _DECIMAL.fullmatch(value):
            raise ValidationError('Not a decimal string, like "12.50".')
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise ValidationError('Not a decimal string, like "12.50".') from None
        if -int(number.as_tuple().exponent) > self.places:
            raise ValidationError(f"At most {self.places} digits after the point.")
        if self.least is not None and number < self.least:
            raise ValidationError(f"Must be at least {self.least}.")
        if abs(number) > self.most:
            raise ValidationError(f"Must be at most {self.most}.")
        return number if number else number.copy_abs()

    def _serialize(self, value: Decimal | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value:f}"


class Zone(fields.String):
    """An IANA time zone name, for example ``Europe/Berlin``."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        name: str = super()._deserialize(value, attr, data, **kwargs)
        if name not in _zones():
            raise ValidationError("Not an IANA time zone, like Europe/Berlin.")
        return name


class Locale(fields.String):
    """A language tag (BCP 47), for example ``de-DE``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"pattern": f"^{_LANGUAGE_TAG}$", "maxLength": _LONGEST_TAG}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        tag: str = super()._deserialize(value, attr, data, **kwargs)
        if len(tag) > _LONGEST_TAG or not re.fullmatch(_LANGUAGE_TAG, tag):
            raise ValidationError("Not a language tag, like de-DE.")
        return tag


def field_errors(messages: Any, path: str = "") -> list[FieldError]:
    """Flatten marshmallow's nested messages: ``{"lines": {0: {"quantity": ["..."]}}}`` names ``lines.0.quantity``."""
    if isinstance(messages, dict):
        errors: list[FieldError] = []
        for key, inner in messages.items():
            step = path if key == "_schema" else f"{path}.{key}" if path else str(key)
            errors += field_errors(inner, step)
        return errors
    return [FieldError(path or "body", str(message)) for message in _as_list(messages)]


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    # zoneinfo.available_timezones() opens some 600 files; the tzdata package lists them in one.
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]
