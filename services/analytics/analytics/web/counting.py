"""Counting a batch that a shard of the stream brings."""

from collections.abc import Sequence

from analytics.domain.web.views import PageView, Tally
from analytics.store.visits import MOST_ITEMS, VisitStore

Numbered = tuple[int, PageView]
"""A view with the number of its record in the shard."""


def count(shard: str, views: Sequence[Numbered], store: VisitStore) -> int:
    """Count what has not been counted yet; answers how many views that were.

    A batch with many different pages or minutes is several transactions. Whatever was saved when one fails is skipped
    when the records come again, in whatever batches.
    """
    standing = store.standing(shard, [view for _, view in views])
    counted, tally = 0, Tally()
    for number, view in views:
        if tally.items_with(view) > MOST_ITEMS:
            store.save(shard, standing, tally)
            counted, tally = counted + tally.views, Tally()
        admitted = standing.admit(number, view)
        if admitted:
            tally.add(admitted)
    if standing.number != standing.saved:
        store.save(shard, standing, tally)
    return counted + tally.views
