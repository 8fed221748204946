"""Which of several media types a client would rather have."""

import pytest

from backoffice.http import preferred

JSON, CSV = "application/json", "text/csv"


@pytest.mark.parametrize(
    ("accept", "best"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("text/csv", CSV),
        ("TEXT/CSV", CSV),
        ("text/csv;header=present", CSV),
        ("text/*", CSV),
        ("application/json, text/csv", JSON),
        ("application/json;q=0.5, text/csv;q=0.6", CSV),
        ("application/json; q=0.5, text/csv", CSV),
        ("text/csv;q=0, */*", JSON),
        ("application/*;q=0.1, */*;q=0.2", CSV),
        ("text/csv;q=much", JSON),
        ("image/png", JSON),
        (",;q=1,", JSON),
    ],
)
def test_the_best_of_what_is_offered_is_chosen(accept: str, best: str) -> None:
    assert preferred(accept, (JSON, CSV)) == best
