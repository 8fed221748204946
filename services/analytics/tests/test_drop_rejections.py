import gzip
import random

from tests.file_drops import HEADER, DropTest

GOOD = "u1,2026-11-23,click\n"


class WholeFiles(DropTest):
    def assert_rejected(self, content, reason, words, **how):
        drop = self.process(content, **how)
        self.assertEqual(("rejected", reason), (drop["state"], drop["reason"]), drop)
        self.assertIn(words, drop["detail"])
        self.assertEqual({}, self.records())
        (alert,) = self.alerts()
        self.assertIn(drop["key"], alert)
        self.assertEqual(
            ["DataQualityAlertRaised", "FileDropRejected"], sorted(event["type"] for event in self.events())
        )

    def test_an_empty_file(self):
        self.set_up_source()
        self.assert_rejected(b"", "empty", "empty")

    def test_nothing_but_white_space(self):
        self.set_up_source()
        self.assert_rejected("\ufeff\r\n \n", "empty", "empty")

    def test_binary_rubbish(self):
        self.set_up_source()
        self.assert_rejected(random.Random(1).randbytes(300_000), "not_utf8", "not")

    def test_utf_16(self):
        self.set_up_source()
        self.assert_rejected((HEADER + GOOD).encode("utf-16"), "not_utf8", "UTF-16")

    def test_a_header_that_is_not_utf8(self):
        self.set_up_source()
        self.assert_rejected("user_id,date,event_type,Größe\n".encode("latin-1"), "not_utf8", "first line")

    def test_a_spreadsheet(self):
        self.set_up_source()
        self.assert_rejected(b"PK\x03\x04" + bytes(99), "unknown_format", "spreadsheet")

    def test_another_header(self):
        self.set_up_source()
        self.assert_rejected("user,date,type\n" + GOOD, "bad_header", '["user_id", "event_type"]')

    def test_no_header(self):
        self.set_up_source()
        self.assert_rejected(GOOD * 3, "bad_header", "lacks")

    def test_a_column_twice(self):
        self.set_up_source()
        self.assert_rejected("user_id,date,date,event_type\n", "bad_header", '["date"]')

    def test_one_endless_line(self):
        self.set_up_source()
        self.assert_rejected("x" * 1_000_000, "bad_header", "longer than")

    def test_a_gzip_that_is_cut_off_writes_nothing_at_all(self):
        self.set_up_source()
        packed = gzip.compress((HEADER + GOOD * 50_000).encode(), mtime=0)
        self.assert_rejected(packed[: len(packed) // 2], "damaged_gzip", "ends in the middle")

    def test_a_gzip_with_a_flipped_bit(self):
        self.set_up_source()
        rows = "".join(f"u{n},2026-11-23,click\n" for n in range(20_000))
        packed = bytearray(gzip.compress((HEADER + rows).encode(), mtime=0))
        packed[len(packed) // 2] ^= 1
        self.assert_rejected(bytes(packed), "damaged_gzip", "damaged")

    def test_a_file_of_nobody(self):
        self.assert_rejected(HEADER + GOOD, "unknown_source", "'acme'")

    def test_a_file_that_is_gone_before_it_is_read(self):
        self.set_up_source()
        announced = self.drop(HEADER + GOOD)
        self.s3.delete_object(Bucket="drops", Key="incoming/acme/file.csv")
        self.announce(announced)
        self.work()
        self.assertEqual("gone", self.newest_drop()["reason"])

    def test_once_its_source_is_set_up_right_the_same_file_is_read(self):
        content = "who,date,event_type\n" + GOOD
        self.set_up_source()
        self.assert_rejected(content, "bad_header", "lacks")
        self.assertEqual("rejected", self.process(content)["state"])
        self.set_up_source(columns={"user_id": "who"})
        drop = self.process(content)
        self.assertEqual(("processed", 1, None), (drop["state"], drop["rows_written"], drop["reason"]))


class Rows(DropTest):
    def test_each_bad_row_is_told_with_its_line_and_stops_no_other(self):
        self.set_up_source()
        content = (
            HEADER.encode()
            + GOOD.encode()
            + b",2026-11-23,click\n"
            + b"u1,2026-02-30,click\n"
            + b"u1,23.11.2026,click\n"
            + b"u1,2026-11-23,\n"
            + b"u1,2026-11-23,buy now!\n"
            + b"\r\n"
            + b"u1,2026-11-23\n"
            + b"u1,2026-11-23,click,more\n"
            + b"u1,1899-11-23,click\n"
            + b"M\xfcller,2026-11-23,click\n"
            + b"u\x07,2026-11-23,click\n"
            + b"u" * 129
            + b",2026-11-23,click\n"
            + b"u" * 1_000_000
            + b",2026-11-23,click\n"
            + b'"u1"x,2026-11-23,click\n'
            + "Müller,2026-11-23,click".encode()
        )
        drop = self.process(content)
        self.assertEqual(
            [
                (3, "user_id is empty"),
                (4, "date is not a day written as YYYY-MM-DD"),
                (5, "date is not a day written as YYYY-MM-DD"),
                (6, "event_type is empty"),
                (7, "event_type is not up to 64 letters, digits and _ . : -"),
                (9, "the row has 2 fields, the header 3"),
                (10, "the row has 4 fields, the header 3"),
                (11, "date is not within the years 2000 to 2099"),
                (12, "the line is not UTF-8"),
                (13, "user_id contains control characters"),
                (14, "user_id is longer than 128 characters"),
                (15, "the line is longer than 65536 bytes"),
                (16, "the line is no CSV: a quote is not closed, or stands where none may be"),
            ],
            self.errors(drop),
        )
        self.assertEqual((15, 2, 13), (drop["rows_read"], drop["rows_written"], drop["rows_rejected"]))
        self.assertEqual({"USER#u1", "USER#Müller"}, {pk for pk, _ in self.records()})
        self.assertEqual([line for line, _ in self.errors(drop)], [bad["line"] for bad in self.quarantined()])
        self.assertEqual("M\udcfcller,2026-11-23,click", self.quarantined()[8]["text"])
        self.assertIsNone(self.quarantined()[11]["text"])
        self.assertEqual({"processed"}, {drop["state"]})

    def test_a_reason_tells_nothing_of_what_the_row_holds(self):
        self.set_up_source()
        drop = self.process(HEADER + "secret,secret,secret\nsecret,2026-11-23,se cret\n")
        self.assertEqual(2, drop["rows_rejected"])
        self.assertNotIn("secret", str(self.errors(drop)) + str(self.alerts()) + str(self.logs()) + str(self.events()))

    def test_a_file_of_bad_rows_alone_is_processed_and_alerted_once(self):
        self.set_up_source()
        drop = self.process(HEADER + "u1,yesterday,click\n" * 250)
        self.assertEqual(("processed", 250, 0, 250), tuple(drop[name] for name in SUMS))
        (alert,) = self.alerts()
        self.assertIn("250 of 250 rows of incoming/acme/file.csv were rejected.", alert)
        told = {event["type"]: event["data"] for event in self.events()}
        self.assertEqual({"FileDropProcessed", "DataQualityAlertRaised"}, told.keys())
        self.assertEqual("bad_rows", told["DataQualityAlertRaised"]["reason"])

    def test_a_good_file_alerts_nobody(self):
        self.set_up_source()
        self.process(HEADER + GOOD)
        self.assertEqual(([], ["FileDropProcessed"]), (self.alerts(), [event["type"] for event in self.events()]))

    def test_errors_are_listed_page_by_page_and_a_thousand_at_most(self):
        self.set_up_source()
        drop = self.process(HEADER + "u1,yesterday,click\n" * 1200)
        lines, cursor = [], {}
        while cursor is not None:
            answer = self.get(f"/drops/{drop['id']}/errors", limit="100", **cursor)
            lines += [error["line"] for error in answer["items"]]
            cursor = {"cursor": answer["next_cursor"]} if answer["next_cursor"] else None
        self.assertEqual(list(range(2, 1002)), lines)
        self.assertEqual((1200, 1200), (drop["rows_rejected"], len(self.quarantined())))

    def test_the_metrics_tell_what_has_become_of_rows(self):
        self.set_up_source()
        content = HEADER + GOOD * 5 + "bad\n"
        self.process(content)
        sums = self.metrics()
        self.assertGreater(sums.pop("Seconds"), 0)
        rows = {"RecordsRead": 6, "RecordsWritten": 5, "RecordsRejected": 1}
        self.assertEqual({**rows, "BytesRead": len(content) - len(HEADER)}, dict(sums))


SUMS = ("state", "rows_read", "rows_written", "rows_rejected")
