"""Idempotency keys: the first answer again, whatever has changed since; and only to the one who asked first."""

import pytest
from http_service import service

from backoffice.http.idempotency import fingerprint
from backoffice.transactions import Transaction

BODY = {"name": "a", "price": "1.50"}


@pytest.fixture
def api():
    return service()


@pytest.fixture
def make(table, api, call):
    """Ask for a thing; the key is "k" unless told otherwise."""

    def make(body=BODY, key="k", api=api, **how):
        return call(api, "POST /things", body=body, idempotency_key=key, **how)

    return make


def events(table):
    return [item for shard in range(4) for item in table.query(f"OUTBOX#{shard}").items]


def test_a_creation_is_answered_with_where_it_lives_and_its_version(make):
    answered = make()
    assert answered.status == 201
    assert answered.headers["location"] == f"/things/{answered.json['id']}"
    assert answered.headers["etag"] == '"1"'
    assert answered.json["price"] == "1.50"
    assert "idempotent-replayed" not in answered.headers


def test_the_same_request_again_gets_the_same_answer_and_changes_nothing(make, table):
    first = make()
    # By now the name is taken, by the first try itself: the rule that fails is not told.
    again = make()
    assert (again.status, again.text) == (201, first.text)
    assert again.headers == first.headers | {"idempotent-replayed": "true"}
    assert len(events(table)) == 1


def test_the_order_of_the_bodys_members_does_not_matter(make):
    first = make()
    assert make(body=dict(reversed(BODY.items()))).text == first.text


@pytest.mark.parametrize("other", [{"name": "b"}, {"name": "a"}, {**BODY, "price": "1.5"}, {**BODY, "count": 1}])
def test_another_body_under_the_same_key_is_refused(make, table, other):
    make()
    answered = make(body=other)
    assert (answered.status, answered.json["code"]) == (422, "idempotency_key_reused")
    assert len(events(table)) == 1


def test_another_route_under_the_same_key_is_refused(make, api, call):
    make()
    answered = call(api, "POST /chores", idempotency_key="k")
    assert (answered.status, answered.json["code"]) == (422, "idempotency_key_reused")


def test_without_a_key_nothing_is_made_whatever_the_body(table, api, call):
    for text in ('{"name": "a"}', "{", None):
        answered = call(api, "POST /things", text=text)
        assert (answered.status, answered.json["code"]) == (400, "idempotency_key_required")
    assert events(table) == []


@pytest.mark.parametrize("key", ["", " ", "with space", "ü", "tab\t", "x" * 256, "a\n"])
def test_a_key_that_is_no_visible_ascii_is_refused(make, key):
    answered = make(key=key)
    assert answered.status == 400


@pytest.mark.parametrize("key", ["x" * 255, "a#b#c", "018f3c5e-7b1d-7c3a-9a52-6f1f0c1d2e3f", "!~"])
def test_any_visible_ascii_is_a_key(make, key):
    assert make(key=key).status == 201
    assert make(key=key).headers["idempotent-replayed"] == "true"


def test_two_callers_with_the_same_key_do_not_meet(make):
    first = make(sub="user-1")
    second = make(sub="user-2", body={"name": "b"})
    assert (first.status, second.status) == (201, 201)
    assert first.json["id"] != second.json["id"]


def test_a_key_expires(make, table):
    make()
    kept = table.get("IDEMPOTENCY#user-1#k", "IDEMPOTENCY")
    transaction = Transaction(table)
    transaction.put({**kept, "expires_at": int(kept["expires_at"]) - 49 * 3600})
    transaction.commit()
    answered = make(body={"name": "b"})
    assert (answered.status, answered.json["name"]) == (201, "b")
    answered = make(body={"name": "b"}, key="fresh")
    assert (answered.status, answered.json["code"]) == (409, "name_taken")


def test_a_failed_try_keeps_nothing_so_the_key_can_be_used_again(make, table):
    make(key="first")
    assert make(key="second").status == 409
    assert make(key="second", body={"name": "b"}).status == 201


def test_of_two_at_the_same_moment_one_makes_it_and_both_get_its_answer(make, table):
    answers = []

    def other_is_faster():
        if not answers:
            answers.append(None)
            answers[0] = make(api=service())

    second = make(api=service(before_commit=other_is_faster))
    (first,) = answers
    assert first.status == second.status == 201
    assert first.text == second.text
    assert second.headers["idempotent-replayed"] == "true"
    assert len(events(table)) == 1


def test_a_creation_without_a_body_takes_a_key_too(table, api, call):
    assert call(api, "POST /chores").status == 400
    first = call(api, "POST /chores", idempotency_key="k")
    assert first.status == 201
    assert call(api, "POST /chores", idempotency_key="k").text == first.text


def test_an_action_needs_no_key_but_takes_one(table, api, call):
    without = [call(api, "POST /count") for _ in range(2)]
    assert [answered.status for answered in without] == [200, 200]
    assert without[0].text != without[1].text
    first = call(api, "POST /count", idempotency_key="k")
    assert first.status == 200
    assert call(api, "POST /count", idempotency_key="k").text == first.text


def test_a_table_that_fails_while_the_first_answer_is_looked_up_is_a_500_problem(make, api, call, monkeypatch):
    make()
    monkeypatch.setenv("TABLE_NAME", "no-such-table")
    answered = make()
    assert (answered.status, answered.json["code"]) == (500, "internal_error")


def test_a_first_try_makes_one_read_and_one_transaction(make, sent):
    make()
    assert [operation for operation, _ in sent] == ["GetItem", "TransactWriteItems"]


def test_a_fingerprint_tells_requests_apart():
    seen = {
        fingerprint(*request)
        for request in [
            ("POST", "/a", {}),
            ("PUT", "/a", {}),
            ("POST", "/b", {}),
            ("POST", "/a", {"a": 1}),
            ("POST", "/a", {"a": "1"}),
            ("POST", "/a", {"a": [1]}),
            ("POST", "/a", {"a": None}),
            ("POST", "/a", {"a": True}),
        ]
    }
    assert len(seen) == 8
