"""Lists: limits, and cursors that belong to their list, filters and caller."""

import base64
import json

import pytest
from http_service import service
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.dynamodb import Table
from backoffice.http import cursors
from backoffice.http.problems import BadRequest, problem_of
from backoffice.transactions import Transaction


@pytest.fixture(scope="module")
def api():
    return service()


@pytest.fixture
def things(table):
    transaction = Transaction(table)
    for number in range(30):
        thing_id = f"thg_{number:026}"
        keys = {"pk": thing_id, "sk": "THING", "gsi1pk": "THINGS", "gsi1sk": thing_id}
        transaction.put({**keys, "id": thing_id, "name": f"thing {number}", "version": 1})
    transaction.commit()


def decode(cursor):
    return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


def encode(document):
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def test_a_list_is_read_page_by_page_without_gap_or_twin(things, api, call):
    seen, cursor = [], None
    while True:
        page = call(api, "GET /things", query={"limit": "7"} | ({"cursor": cursor} if cursor else {})).json
        assert page.keys() == {"items", "next_cursor"}
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert len(page["items"]) == 7
    assert seen == [f"thg_{number:026}" for number in range(30)]


def test_25_are_answered_unless_told_otherwise(things, api, call):
    assert len(call(api, "GET /things").json["items"]) == 25


def test_an_empty_list_is_no_error(table, api, call):
    assert call(api, "GET /things").json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("limit", ["1", "100", "007"])
def test_limits_from_1_to_100_are_taken(table, api, call, limit):
    assert call(api, "GET /things", query={"limit": limit}).status == 200


@pytest.mark.parametrize(
    "limit",
    ["0", "101", "-1", "+5", "1.0", "1e1", "", " 5", "5 ", "٥", "five", "000000001000", "9" * 5000, "1\n"],
    ids=lambda limit: repr(limit)[:16],
)
def test_any_other_limit_is_a_bad_request(table, api, call, limit):
    answered = call(api, "GET /things", query={"limit": limit})
    assert (answered.status, answered.json["code"]) == (400, "bad_limit")


class TestCursors:
    @pytest.fixture
    def cursor(self, things, api, call):
        return call(api, "GET /things", query={"limit": "5"}).json["next_cursor"]

    @pytest.fixture
    def answer(self, api, call):
        def answer(cursor, sub="user-1", **query):
            answered = call(api, "GET /things", query={"cursor": cursor, **query}, sub=sub)
            return answered.status, answered.json.get("code")

        return answer

    def test_it_may_be_used_again_and_with_another_limit(self, cursor, answer):
        assert answer(cursor) == answer(cursor) == answer(cursor, limit="3") == (200, None)

    def test_that_of_another_caller_is_refused(self, cursor, answer):
        assert answer(cursor, sub="user-2") == (400, "bad_cursor")

    def test_that_of_other_filters_is_refused(self, cursor, answer):
        assert answer(cursor, name="x") == (400, "bad_cursor")

    def test_that_of_another_list_is_refused(self):
        page = cursors.parse({}, ["/things", "user-1"])
        cursor = page.cursor_after({"pk": "A", "sk": "1"})
        assert cursors.parse({"cursor": cursor}, ["/things", "user-1"]).start == {"pk": "A", "sk": "1"}
        for other in (["/others", "user-1"], ["/things", "thg_1", "user-1"], ["/things\nuser-1"]):
            with pytest.raises(BadRequest):
                cursors.parse({"cursor": cursor}, other)

    def test_filters_that_only_look_alike_are_told_apart(self):
        cursor = cursors.parse({"a": "x\nb=y"}, ["/things"]).cursor_after({"pk": "A"})
        with pytest.raises(BadRequest):
            cursors.parse({"a": "x", "b": "y", "cursor": cursor}, ["/things"])

    @pytest.mark.parametrize(
        "cursor",
        [
            "",
            "x",
            "!!!!",
            "ü",
            "bnVsbA",
            encode([]),
            encode([1, 2, 3]),
            encode({"a": 1, "b": 2}),
            encode(["binding", {"pk": "A"}]),
            base64.urlsafe_b64encode(b"\xff\xff").decode(),
            base64.urlsafe_b64encode(b"[" * 30_000).decode(),
            base64.urlsafe_b64encode(b"9" * 5000).decode(),
        ],
        ids=lambda cursor: repr(cursor)[:20],
    )
    def test_what_is_no_cursor_is_refused(self, table, answer, cursor):
        assert answer(cursor) == (400, "bad_cursor")

    @pytest.mark.parametrize("key", [{}, [], None, "pk", {"pk": 1}, {"pk": {"S": "x"}}, {"pk": None}])
    def test_one_with_a_forged_key_of_another_shape_is_refused(self, cursor, answer, key):
        binding, _ = decode(cursor)
        assert answer(encode([binding, key])) == (400, "bad_cursor")

    def test_one_with_a_forged_key_that_dynamodb_refuses_is_refused(self, cursor, api, call, monkeypatch):
        client = Table.from_env().client
        error = client.exceptions.ClientError(
            {"Error": {"Code": "ValidationException", "Message": "The provided starting key is invalid"}}, "Query"
        )

        def refuse(**request):
            raise error

        monkeypatch.setattr(client, "query", refuse)
        answered = call(api, "GET /things", query={"cursor": cursor})
        assert (answered.status, answered.json["code"]) == (400, "bad_cursor")

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
    def test_no_text_at_all_breaks_the_parser(self, text):
        try:
            cursors.parse({"cursor": text}, ["/things"])
        except Exception as error:
            assert problem_of(error).code == "bad_cursor"
        else:
            raise AssertionError(text)
