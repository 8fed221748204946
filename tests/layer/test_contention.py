"""Races that were lost: looking again and deciding anew, for a while."""

import pytest
from table_support import commit

from backoffice import contention
from backoffice.contention import LookAgain, retry_on_conflict, until_won
from backoffice.errors import REMEMBERED, SEEN, STALE, AlreadySeen, Conflict, Contended, Remembered, StaleVersion
from backoffice.transactions import Transaction

STALE_VERSION = StaleVersion({STALE: None})


class Attempts:
    """What comes of one attempt after the other; the last of it for ever."""

    def __init__(self, *outcomes):
        self.outcomes = outcomes
        self.made = 0

    def __call__(self):
        outcome = self.outcomes[min(self.made, len(self.outcomes) - 1)]
        self.made += 1
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


class TestUntilWon:
    def test_who_wins_at_once_waits_for_nobody(self, unhurried):
        assert until_won(Attempts("written")) == "written"
        assert unhurried == []

    def test_who_was_overtaken_reads_and_decides_anew(self, table, unhurried):
        commit(table, ("put", {"pk": "A", "sk": "1", "count": 1, "version": 1}))
        others = iter([{"pk": "A", "sk": "1", "count": 5, "version": 2}])

        def attempt():
            item = table.get("A", "1")
            for theirs in others:
                commit(table, ("put", theirs))
            changed = {**item, "count": item["count"] + 1, "version": item["version"] + 1}
            write = Transaction(table)
            write.replace(changed, version=int(item["version"]))
            write.commit()
            return changed

        assert until_won(attempt)["count"] == table.get("A", "1")["count"] == 6
        assert len(unhurried) == 1

    @pytest.mark.parametrize(
        "lost",
        [
            STALE_VERSION,
            Conflict({"counter": None}),
            StaleVersion({STALE: None, "no_customer": None}),
            Conflict({"counter": None, "series": None}),
            LookAgain(),
        ],
        ids=["stale", "named", "stale among others", "named among others", "asked to look again"],
    )
    def test_a_lost_race_is_run_again(self, unhurried, lost):
        attempts = Attempts(lost, lost, "written")
        assert until_won(attempts, "counter", "buyer") == "written"
        assert attempts.made == 3

    @pytest.mark.parametrize(
        "failure",
        [
            Conflict({"series": None}),
            StaleVersion({}),
            Remembered({REMEMBERED: {}, STALE: None}),
            AlreadySeen({SEEN: None, STALE: None}),
            Contended("busy"),
            ValueError("no number"),
        ],
        ids=["another condition", "a request's If-Match", "repeated request", "repeated event", "throttled", "fault"],
    )
    def test_what_is_no_race_is_told_at_once(self, unhurried, failure):
        attempts = Attempts(failure)
        with pytest.raises(type(failure)) as raised:
            until_won(attempts, "counter")
        assert raised.value is failure
        assert attempts.made == 1

    def test_who_keeps_losing_waits_longer_up_to_a_limit_and_is_told_in_the_end(self, monkeypatch):
        elapsed, waits = [0.0], []

        def sleep(seconds):
            waits.append(seconds)
            elapsed[0] += seconds

        monkeypatch.setattr("backoffice.dynamodb.random.uniform", lambda _, most: most)
        monkeypatch.setattr("backoffice.dynamodb.time.sleep", sleep)
        monkeypatch.setattr(contention.time, "monotonic", lambda: elapsed[0])
        attempts = Attempts(STALE_VERSION)
        with pytest.raises(Contended) as raised:
            until_won(attempts, "counter")
        assert str(raised.value) == f"others were faster {attempts.made} times: counter, stale"
        assert waits == sorted(waits)
        assert waits[0] < 0.05
        assert 6 <= elapsed[0] <= 7

    def test_waits_differ_so_that_the_same_two_do_not_meet_again(self, unhurried):
        until_won(Attempts(*[STALE_VERSION] * 8, "written"))
        assert len(set(unhurried)) == 8


def test_a_decorated_function_is_called_again_with_the_same_arguments_and_keeps_its_name(unhurried):
    lost, called = iter([Conflict({"counter": None}), STALE_VERSION]), []

    @retry_on_conflict("counter")
    def issue(document_id, *, at):
        """Issue a document."""
        called.append((document_id, at))
        for conflict in lost:
            raise conflict
        return "issued"

    assert issue("inv_1", at="noon") == "issued"
    assert called == [("inv_1", "noon")] * 3
    assert (issue.__name__, issue.__doc__) == ("issue", "Issue a document.")
