"""Taking in what a website sends: which views there are in it, and whether all of them can be taken."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from analytics.domain.web.views import EARLIEST, LATEST, PageView
from backoffice.domain import FieldError, Invalid


def distinct_views(views: Sequence[PageView], at: datetime) -> list[PageView]:
    """The views of a request that came ``at`` this time, each once.

    Raises Invalid that names every event that is too old, lies in the future, or bears another one's id.
    """
    first = {view.event_id: view for view in reversed(views)}
    errors = list(_errors(views, first, at))
    if errors:
        raise Invalid(errors)
    return list(dict.fromkeys(views))


def _errors(views: Sequence[PageView], first: dict[str, PageView], at: datetime) -> Iterator[FieldError]:
    for index, view in enumerate(views):
        if view.occurred_at > at + LATEST:
            yield FieldError(f"events.{index}.occurred_at", "Lies in the future.")
        elif view.occurred_at < at - EARLIEST:
            yield FieldError(f"events.{index}.occurred_at", f"Is more than {EARLIEST.days} days ago.")
        if view != first[view.event_id]:
            yield FieldError(f"events.{index}.event_id", "Is that of another event of this request.")
