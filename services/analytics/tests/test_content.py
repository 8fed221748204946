import gzip
import json
import random
import tracemalloc
from unittest.mock import patch

from analytics.domain.drops.drop import File
from analytics.transforming import content
from analytics.transforming.content import S3Object, Unzipped
from tests.file_drops import BUCKET, HEADER, DropTest


class Bytes:
    """Content in memory, handed on a little at a time."""

    def __init__(self, data, chunk=1000):
        self._data, self._chunk = data, chunk

    def read(self, start, end=None):
        for at in range(start, len(self._data), self._chunk):
            yield self._data[at : at + self._chunk]


class Packed(DropTest):
    def test_it_can_be_read_from_any_offset(self):
        rng = random.Random(3)
        data = bytes(rng.choices(b"abc\n", k=50_000))
        cut = rng.randrange(len(data))
        packed = gzip.compress(data[:cut]) + gzip.compress(data[cut:])
        for start in (0, 1, cut - 1, cut, cut + 1, len(data) - 1, len(data)):
            with self.subTest(start):
                self.assertEqual(data[start:], b"".join(Unzipped(Bytes(packed, rng.randrange(1, 5000))).read(start)))

    def test_a_small_one_that_grows_to_a_hundred_megabytes_takes_no_more_memory(self):
        packed = gzip.compress(bytes(100 * 1024 * 1024), compresslevel=1)
        self.assertLess(len(packed), 1024 * 1024)
        tracemalloc.start()
        try:
            size = sum(map(len, Unzipped(Bytes(packed, 64 * 1024)).read(0)))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        self.assertEqual(100 * 1024 * 1024, size)
        self.assertLess(peak, 4 * 1024 * 1024)


class Objects(DropTest):
    def test_it_is_read_range_by_range(self):
        etag = self.s3.put_object(Bucket=BUCKET, Key="incoming/a", Body=b"0123456789")["ETag"].strip('"')
        with patch.object(content, "READ_AT_ONCE", 4):
            found = S3Object(BUCKET, File("incoming/a", etag, 10), lambda: None)
            self.assertEqual([b"0123", b"4567", b"89"], list(found.read(0)))
            self.assertEqual([b"3456", b"7"], list(found.read(3, 8)))

    def test_who_waits_for_a_gzip_to_be_unpacked_up_to_its_offset_is_still_at_it(self):
        packed = gzip.compress(random.Random(1).randbytes(50_000))
        etag = self.s3.put_object(Bucket=BUCKET, Key="incoming/a", Body=packed)["ETag"].strip('"')
        beats = []
        with patch.object(content, "READ_AT_ONCE", 1000):
            found = S3Object(BUCKET, File("incoming/a", etag, len(packed)), lambda: beats.append(found.position))
            self.assertEqual(5, len(b"".join(Unzipped(found).read(49_995))))
        self.assertEqual([*range(1000, len(packed), 1000), len(packed)], beats)

    def test_a_file_that_is_replaced_while_it_is_read_is_read_to_its_end(self):
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.set_up_source()
        announced = json.loads(self.drop(HEADER + "u1,2026-11-23,click\n"))
        version = self.s3.list_object_versions(Bucket=BUCKET)["Versions"][0]["VersionId"]
        announced["Records"][0]["s3"]["object"]["versionId"] = version
        self.drop(HEADER + "u2,2026-11-23,click\n")
        self.announce(json.dumps(announced))
        self.work()
        self.assertEqual({"USER#u1"}, {pk for pk, _ in self.records()})
        self.assertEqual("processed", self.newest_drop()["state"])

    def test_what_s3_tries_its_queue_with_is_no_file(self):
        self.announce(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}))
        self.work()
        self.assertEqual([], self.get("/drops")["items"])
