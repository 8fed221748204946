import gzip
import json

from tests.file_drops import DropTest

DAY = "2026-11-23"


class Csv(DropTest):
    def users(self, content, **source):
        """The users of a file's records in the order of its lines."""
        self.set_up_source(**source)
        drop = self.process(content)
        self.assertEqual(("processed", 0), (drop["state"], drop["rows_rejected"]), self.errors(drop))
        items = sorted(self.records().values(), key=lambda item: item["sk"].rpartition("#")[2])
        return [item["pk"].removeprefix("USER#") for item in items]

    def test_columns_stand_in_any_order_and_among_others(self):
        content = f"event_type,n,user_id,date\nclick,1,u1,{DAY}\nclick,2,u2,{DAY}\n"
        self.assertEqual(["u1", "u2"], self.users(content))

    def test_columns_have_the_names_that_the_source_gives_them(self):
        content = "Kunde;Tag;Was;Betrag\nu1;23.11.2026;click;1,50\n"
        columns = {"user_id": "Kunde", "date": "Tag", "event_type": "Was"}
        users = self.users(content, delimiter=";", date_format="DD.MM.YYYY", columns=columns)
        self.assertEqual((["u1"], DAY), (users, self.get("/records", user_id="u1")["items"][0]["date"]))

    def test_a_byte_order_mark_and_any_line_break_at_the_end(self):
        for end in ("", "\n", "\r\n", "\r\n\r\n"):
            content = f"\ufeffuser_id,date,event_type\r\nu1,{DAY},click{end}"
            with self.subTest(end=end):
                self.assertEqual({"u1"}, set(self.users(content)))

    def test_quotes_as_rfc_4180_has_them(self):
        content = (
            'user_id,"date",event_type,note\r\n'
            f'"a,b",{DAY},click,"two\r\nlines"\r\n'
            f'"a ""b""",{DAY},click,"a ""quoted""\n\nline break, and ;"\r\n'
            f'c,{DAY},click,""\r\n'
            f'd,{DAY},click,"open until the end\n"'
        )
        self.assertEqual(["a,b", 'a "b"', "c", "d"], self.users(content))
        lines = [item["line"] for item in self.get("/records", event_type="click")["items"]]
        self.assertEqual([2, 4, 7, 8], lines)

    def test_a_quote_that_is_not_closed_spoils_its_own_line_alone(self):
        rows = [f"u{n},{DAY},click,\n" for n in range(300)]
        rows[7] = f'u7,{DAY},click,"open\n'
        rows[205] = f'u205,{DAY},click,5" wide, open\n'
        self.set_up_source()
        drop = self.process("user_id,date,event_type,note\n" + "".join(rows))
        self.assertEqual([9, 207], [line for line, _ in self.errors(drop)])
        self.assertEqual((300, 298), (drop["rows_read"], drop["rows_written"]))

    def test_without_line_breaks_in_quotes_each_line_is_a_row(self):
        self.set_up_source(quoted_line_breaks=False)
        drop = self.process(f'user_id,date,event_type\nu1,{DAY},"click\n"u2",{DAY},click\n')
        self.assertEqual(([2], 1), ([line for line, _ in self.errors(drop)], drop["rows_written"]))

    def test_gzip_is_known_by_its_first_bytes_and_may_have_several_members(self):
        parts = [f"user_id,date,event_type\nu1,{DAY},cl", f"ick\nu2,{DAY},click\n"]
        packed = b"".join(gzip.compress(part.encode(), mtime=0) for part in parts) + bytes(10)
        self.assertEqual(["u1", "u2"], self.users(packed))
        self.assertTrue(self.newest_drop()["compressed"])

    def test_days_are_read_as_the_source_writes_them(self):
        for date_format, text in (
            ("YYYYMMDD", "20261123"),
            ("DD/MM/YYYY", "23/11/2026"),
            ("MM/DD/YYYY", "11/23/2026"),
            ("RFC3339", "2026-11-24T00:30:00+01:00"),
        ):
            with self.subTest(date_format):
                self.users(f"user_id,date,event_type\nu{text[:2]},{text},click\n", date_format=date_format)
        days = {item["date"] for item in self.get("/records", event_type="click")["items"]}
        self.assertEqual({DAY}, days)

    def test_a_header_alone_is_a_file_without_rows(self):
        self.assertEqual([], self.users("user_id,date,event_type\n"))
        self.assertEqual((100, 0), tuple(self.newest_drop()[name] for name in ("progress", "rows_read")))


class JsonLines(DropTest):
    def test_members_are_what_columns_are(self):
        rows = [
            {"who": "u1", "date": DAY, "event_type": "click", "more": [1]},
            {"who": 17, "date": DAY, "event_type": "click"},
        ]
        self.set_up_source(format="json_lines", columns={"user_id": "who"})
        drop = self.process("\ufeff" + "\n\n".join(map(json.dumps, rows)))
        self.assertEqual(("processed", 2, 0), (drop["state"], drop["rows_written"], drop["rows_rejected"]))
        self.assertEqual({"USER#u1", "USER#17"}, {pk for pk, _ in self.records()})

    def test_each_bad_line_has_its_reason(self):
        self.set_up_source(format="json_lines")
        good = json.dumps({"user_id": "u1", "date": DAY, "event_type": "click"})
        lines = [
            good.encode(),
            b"{",
            b"[1]",
            b'{"date": "2026-11-23", "event_type": "click"}',
            b'{"user_id": true, "date": "2026-11-23", "event_type": "click"}',
            b'{"user_id": "M\xfcller", "date": "2026-11-23", "event_type": "click"}',
            b"[" * 50_000,
            b'{"user_id": "\\ud800", "date": "2026-11-23", "event_type": "click"}',
            good.encode(),
        ]
        drop = self.process(b"\n".join(lines))
        self.assertEqual(
            [
                (2, "the line is not JSON"),
                (3, "the line is no JSON object"),
                (4, "user_id is missing"),
                (5, "user_id is no string"),
                (6, "the line is not UTF-8"),
                (7, "the line is not JSON"),
                (8, "user_id contains control characters"),
            ],
            self.errors(drop),
        )
        self.assertEqual(2, drop["rows_written"])
