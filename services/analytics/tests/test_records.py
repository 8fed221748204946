import base64
import json

from analytics.handlers import queries
from tests.file_drops import HEADER, DropTest


class Records(DropTest):
    def setUp(self):
        super().setUp()
        self.set_up_source()
        rows = [f"u{n % 3},2026-11-{n % 9 + 1:02},{'view' if n % 4 else 'buy'}\n" for n in range(72)]
        self.rows = [tuple(row.strip().split(",")) for row in rows]
        self.process(HEADER + "".join(rows))

    def find(self, limit="100", **query):
        """All records that a question finds, page by page, as (user, day, type), and how many pages it took."""
        found, pages, cursor = [], 0, {}
        while cursor is not None:
            answer = self.get("/records", limit=limit, **query, **cursor)
            found += [(one["user_id"], one["date"], one["event_type"]) for one in answer["items"]]
            cursor = {"cursor": answer["next_cursor"]} if answer["next_cursor"] else None
            pages += 1
        return found, pages

    def expected(self, user=None, type=None, start="2026-01-01", end="2027-01-01"):
        return sorted(
            row for row in self.rows if user in (None, row[0]) and type in (None, row[2]) and start <= row[1] < end
        )

    def test_by_user_by_type_by_both_and_by_days(self):
        days = {"from": "2026-11-03", "to": "2026-11-06"}
        for query, wanted in (
            ({"user_id": "u1"}, {"user": "u1"}),
            ({"event_type": "buy"}, {"type": "buy"}),
            ({"user_id": "u1", "event_type": "buy"}, {"user": "u1", "type": "buy"}),
            ({"user_id": "u2", **days}, {"user": "u2", "start": days["from"], "end": days["to"]}),
            ({"event_type": "view", **days}, {"type": "view", "start": days["from"], "end": days["to"]}),
            ({"event_type": "view", "from": "2026-11-08"}, {"type": "view", "start": "2026-11-08"}),
            ({"user_id": "nobody"}, {"user": "nobody"}),
        ):
            expected = self.expected(**wanted)
            for limit in ("1", "4", "100"):
                with self.subTest(query, limit=limit):
                    found, _ = self.find(limit, **query)
                    self.assertEqual(expected, sorted(found))
                    self.assertEqual(sorted(row[1] for row in found), [row[1] for row in found])

    def test_a_page_holds_as_many_as_asked_for(self):
        self.assertEqual(18, self.find("3", event_type="view")[1])

    def test_a_record_tells_the_file_and_line_that_it_comes_from(self):
        drop = self.newest_drop()
        (first, *_) = self.get("/records", user_id="u0")["items"]
        self.assertEqual(
            {"user_id": "u0", "date": "2026-11-01", "event_type": "buy", "drop_id": drop["id"], "line": 2}, first
        )

    def test_a_question_names_a_user_or_a_type(self):
        for query, field in (
            ({}, "user_id"),
            ({"from": "2026-11-01"}, "user_id"),
            ({"user_id": "u1", "from": "yesterday"}, "from"),
            ({"event_type": "no such type!"}, "event_type"),
            ({"user_id": "u1", "colour": "red"}, "colour"),
        ):
            reply = self.call(queries.api, "GET", "/records", query=query)
            with self.subTest(query):
                self.assertEqual((422, [field]), (reply.status, [error["field"] for error in reply.body["errors"]]))

    def test_a_cursor_that_is_made_up_is_refused(self):
        answer = self.get("/records", user_id="u1", limit="1")
        binding, _ = json.loads(base64.urlsafe_b64decode(answer["next_cursor"] + "=="))
        forged = base64.urlsafe_b64encode(json.dumps([binding, {"before": "x"}]).encode()).decode().rstrip("=")
        reply = self.call(queries.api, "GET", "/records", query={"user_id": "u1", "limit": "1", "cursor": forged})
        self.assertEqual((400, "bad_cursor"), (reply.status, reply.body["code"]))
