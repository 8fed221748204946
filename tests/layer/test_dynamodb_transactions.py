"""Writes as one transaction that tells which of its conditions failed."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ReadTimeoutError
from table_support import Kw, Scripted, client_error, commit

from backoffice import transactions
from backoffice.domain import Aggregate
from backoffice.dynamodb import Table
from backoffice.errors import AlreadySeen, Conflict, Contended, Remembered, StaleVersion
from backoffice.http.answer import Answer
from backoffice.http.idempotency import Recipe, Reply
from backoffice.ids import new_id
from backoffice.transactions import Transaction, forget_receipts

A = {"pk": "A", "sk": "1", "name": "first", "version": 1}


def receipt(key="key-1", body="{}"):
    recipe = Recipe(key, "user-1", "fingerprint", lambda answer: Reply(answer.status, body, {"ETag": '"1"'}))
    return recipe.receipt(Answer(201))


class TestTransaction:
    def test_put_writes_whatever_was_there(self, table):
        commit(table, ("put", A))
        commit(table, ("put", {**A, "name": "second"}))
        assert table.get("A", "1")["name"] == "second"

    def test_add_writes_only_what_is_not_there_and_tells_what_was(self, table):
        commit(table, ("add", A))
        with pytest.raises(Conflict) as raised:
            commit(table, ("add", {**A, "name": "second"}, "name_taken"))
        assert "name_taken" in raised.value
        assert raised.value.items["name_taken"] == A
        assert table.get("A", "1")["name"] == "first"

    def test_replace_writes_over_the_version_that_was_read(self, table):
        commit(table, ("add", A))
        commit(table, ("replace", {**A, "version": 2}, Kw(version=1)))
        assert table.get("A", "1")["version"] == 2

    @pytest.mark.parametrize("stored", [None, A])
    def test_replace_of_another_version_or_of_nothing_is_stale(self, table, stored):
        if stored:
            commit(table, ("put", stored))
        with pytest.raises(StaleVersion) as raised:
            commit(table, ("replace", {**A, "version": 8}, Kw(version=7)))
        assert list(raised.value.items.values()) == [stored]
        assert table.get("A", "1") == stored

    def test_replace_of_version_0_adds(self, table):
        commit(table, ("replace", A, Kw(version=0)))
        with pytest.raises(StaleVersion):
            commit(table, ("replace", A, Kw(version=0)))

    def test_a_conflict_of_its_own_name_is_no_stale_version(self, table):
        with pytest.raises(Conflict) as raised:
            commit(table, ("replace", A, Kw(version=1, conflict="counter")))
        assert type(raised.value) is Conflict
        assert "counter" in raised.value

    def test_delete_removes_at_a_version_or_whatever_the_version(self, table):
        commit(table, ("add", A))
        with pytest.raises(StaleVersion):
            commit(table, ("delete", "A", "1", Kw(version=9)))
        assert table.get("A", "1")
        commit(table, ("delete", "A", "1", Kw(version=1)))
        assert table.get("A", "1") is None
        commit(table, ("delete", "A", "1"))

    def test_check_demands_that_another_item_exists(self, table):
        with pytest.raises(Conflict) as raised:
            commit(table, ("check", "B", "1", Kw(conflict="no_customer")), ("put", A))
        assert raised.value.items == {"no_customer": None}
        assert table.get("A", "1") is None

    def test_check_can_demand_a_condition_with_names_and_values(self, table):
        commit(table, ("put", {**A, "state": "open"}))
        demand = Kw(conflict="closed", condition="#s = :s", names={"#s": "state"}, values={":s": "open"})
        commit(table, ("check", "A", "1", demand), ("put", {"pk": "B", "sk": "1"}))
        with pytest.raises(Conflict) as raised:
            commit(table, ("check", "A", "1", Kw(demand | {"values": {":s": "new"}})), ("put", {"pk": "C", "sk": "1"}))
        assert raised.value.items["closed"]["state"] == "open"
        assert table.get("C", "1") is None

    def test_update_changes_attributes_in_place(self, table):
        commit(table, ("put", A))
        commit(
            table,
            ("update", "A", "1", "SET #n = :n ADD hits :one", Kw(values={":n": "b", ":one": 1}, names={"#n": "name"})),
        )
        assert table.get("A", "1") == {**A, "name": "b", "hits": 1}

    def test_update_under_a_condition_that_does_not_hold_changes_nothing(self, table):
        commit(table, ("put", {"pk": "N", "sk": "1", "next": 5}))
        step = Kw(values={":m": 7, ":n": 6}, names={"#x": "next"}, condition="#x = :n", conflict="counter")
        with pytest.raises(Conflict) as raised:
            commit(table, ("update", "N", "1", "SET #x = :m", step), ("put", A))
        assert raised.value.items == {"counter": {"pk": "N", "sk": "1", "next": 5}}
        assert table.get("A", "1") is None

    def test_every_condition_that_failed_is_told(self, table):
        commit(table, ("put", A))
        with pytest.raises(Conflict) as raised:
            commit(
                table, ("add", A, "taken"), ("check", "Z", "1", Kw(conflict="missing")), ("put", {"pk": "Q", "sk": "1"})
            )
        assert raised.value.items == {"taken": A, "missing": None}

    def test_emit_writes_the_facts_of_the_aggregate_in_the_same_transaction(self, table):
        aggregate = Aggregate(id=new_id("tkt"), version=1)
        aggregate.record("TicketSolved", {"minutes": 5}, datetime(2026, 11, 23, tzinfo=UTC))
        with pytest.raises(StaleVersion):
            commit(table, ("replace", {**A, "version": 2}, Kw(version=1)), ("emit", aggregate))
        assert outbox(table) == []
        commit(table, ("put", A), ("emit", aggregate))
        (item,) = outbox(table)
        assert item["type"] == "TicketSolved"
        assert '"aggregate_version":2' in item["event"]

    def test_what_no_event_leads_to_is_marked_by_none(self, table):
        commit(table, ("once", None), ("put", A))
        commit(table, ("once", None), ("put", A))

    def test_once_lets_an_event_in_once_and_expires_after_30_days(self, table):
        event_id = new_id("evt")
        commit(table, ("once", event_id), ("put", A))
        with pytest.raises(AlreadySeen):
            commit(table, ("once", event_id), ("put", {**A, "name": "again"}))
        assert table.get("A", "1")["name"] == "first"
        left = int(table.get(f"INBOX#{event_id}", "INBOX")["expires_at"]) - datetime.now(UTC).timestamp()
        assert abs(left - 30 * 86400) < 60

    def test_receipts_that_tell_of_a_person_are_found_and_forgotten_by_the_persons_id(self, table):
        for key, about in (("key-1", "cus_1"), ("key-2", "cus_1"), ("key-3", "cus_2"), ("key-4", None)):
            commit(table, ("remember", receipt(key), Kw(about=about)))
        assert forget_receipts(table, "cus_1") == 2
        kept = [table.get(f"IDEMPOTENCY#user-1#key-{number}", "IDEMPOTENCY") is not None for number in range(1, 5)]
        assert kept == [False, False, True, True]
        assert forget_receipts(table, "cus_1") == 0

    def test_remember_keeps_the_first_answer(self, table):
        commit(table, ("remember", receipt(body='{"n":1}')), ("put", A))
        with pytest.raises(Remembered) as raised:
            commit(table, ("remember", receipt(body='{"n":2}')), ("put", {**A, "name": "again"}))
        kept = raised.value.item
        assert (kept["status"], kept["body"], kept["headers"]) == (201, '{"n":1}', {"ETag": '"1"'})
        assert table.get("A", "1")["name"] == "first"

    def test_an_expired_receipt_counts_as_gone(self, table, monkeypatch):
        commit(table, ("remember", receipt()))
        kept = table.get("IDEMPOTENCY#user-1#key-1", "IDEMPOTENCY")
        commit(table, ("put", {**kept, "expires_at": int(kept["expires_at"]) - 48 * 3600 - 1}))
        commit(table, ("remember", receipt(body="new")))
        assert table.get("IDEMPOTENCY#user-1#key-1", "IDEMPOTENCY")["body"] == "new"

    @pytest.mark.parametrize("age", [-1, -0.5, 0, 0.5, 0.999, 1, 1.5])
    def test_the_table_and_the_reader_agree_on_when_a_receipt_expires(self, table, monkeypatch, age):
        expires = 1_800_000_000
        monkeypatch.setattr(transactions.time, "time", lambda: expires + age)
        commit(table, ("put", {**receipt().item(), "expires_at": expires}))
        try:
            commit(table, ("remember", receipt()))
            current = False
        except Remembered as raised:
            current = Recipe.is_current(raised.item)
            assert current
        assert current == (age < 1)

    @pytest.mark.parametrize(
        "order",
        [
            ("remember", "once", "replace", "add"),
            ("add", "replace", "once", "remember"),
            ("once", "add", "remember", "replace"),
        ],
    )
    def test_the_most_telling_conflict_is_raised_whatever_the_order(self, table, order):
        steps = {
            "remember": ("remember", receipt()),
            "once": ("once", "evt_1"),
            "replace": ("replace", A, Kw(version=7)),
            "add": ("add", {"pk": "B", "sk": "1"}, "taken"),
        }
        commit(table, steps["remember"], steps["once"], ("put", A), steps["add"])
        kinds = [("remember", Remembered), ("once", AlreadySeen), ("replace", StaleVersion), ("add", Conflict)]
        for first, (_, kind) in enumerate(kinds):
            still_there = {name for name, _ in kinds[first:]}
            with pytest.raises(Conflict) as raised:
                commit(table, *(steps[name] for name in order if name in still_there))
            assert type(raised.value) is kind
            assert len(raised.value.items) == len(still_there)


class TestRetries:
    conflict = client_error("TransactionCanceledException", ["TransactionConflict"])

    def commit(self, *script):
        client = Scripted(*script)
        transaction = Transaction(Table("t", client))
        transaction.put(A)
        try:
            transaction.commit()
        finally:
            self.asked = [request for _, request in client.asked]

    @pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
    def test_what_others_caused_is_tried_again(self, unhurried, reason):
        self.commit(client_error("TransactionCanceledException", ["None", reason]), {})
        assert len(self.asked) == 2
        assert len(unhurried) == 1

    def test_all_attempts_are_the_same_request_with_the_same_token(self, unhurried):
        self.commit(self.conflict, client_error("TransactionInProgressException"), {})
        assert self.asked[0] == self.asked[1] == self.asked[2]
        assert self.asked[0]["ClientRequestToken"]

    def test_two_commits_have_two_tokens(self):
        self.commit({})
        first = self.asked[0]["ClientRequestToken"]
        self.commit({})
        assert self.asked[0]["ClientRequestToken"] != first

    def test_who_keeps_losing_is_told_so(self, unhurried):
        with pytest.raises(Contended):
            self.commit(*[self.conflict] * 6)
        assert len(self.asked) == 6
        assert all(0 <= wait <= 0.8 for wait in unhurried)
        assert sum(unhurried) < 2

    def test_a_condition_that_failed_is_not_tried_again(self, unhurried):
        with pytest.raises(Conflict):
            self.commit(client_error("TransactionCanceledException", ["ConditionalCheckFailed", "TransactionConflict"]))
        assert unhurried == []

    @pytest.mark.parametrize(
        "error",
        [
            client_error("ValidationException"),
            client_error("AccessDeniedException"),
            client_error("TransactionCanceledException", ["ValidationError"]),
            ReadTimeoutError(endpoint_url="http://127.0.0.1"),
        ],
    )
    def test_any_other_error_is_raised_as_it_is(self, unhurried, error):
        with pytest.raises(type(error)) as raised:
            self.commit(error)
        assert raised.value is error
        assert unhurried == []


def outbox(table):
    return [item for shard in range(4) for item in table.query(f"OUTBOX#{shard}").items]
