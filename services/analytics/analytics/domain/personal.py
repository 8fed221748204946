"""What must not be kept for ever: personal data, told by the names of its fields.

A name means the same in every event, so that an event type which is only thought of next year is held to the rule, too.
The contracts mark these fields (``"personal": true``); a test of the contracts keeps the marks and this list one.
"""

from typing import Any

PERSONAL = frozenset({"name", "email", "company"})


def without_personal_data(value: Any) -> Any:
    """An event's data, or a part of it, without the fields that are personal, however deep they lie."""
    if isinstance(value, dict):
        return {name: without_personal_data(inner) for name, inner in value.items() if name not in PERSONAL}
    if isinstance(value, list):
        return [without_personal_data(inner) for inner in value]
    return value
