import random
import re
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from analytics.domain.drops.drop import File
from analytics.transforming import content
from analytics.transforming.content import S3Object

DATA = random.Random(1).randbytes(200_000)


class Bucket(ThreadingHTTPServer):
    """An S3 of one object, whose answers end as ``ends`` say: each is how many bytes come, and what happens then."""

    daemon_threads = True

    def __init__(self, ends=(), ignores_ranges=False):
        super().__init__(("127.0.0.1", 0), Answer)
        self.ends, self.ignores_ranges, self.asked = iter(ends), ignores_ranges, []
        self.over = threading.Event()

    def handle_error(self, *_):
        """A client that goes away is no error here."""


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Bucket

    def do_GET(self):
        start, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups())
        self.server.asked.append(start)
        whole = self.server.ignores_ranges
        body = DATA if whole else DATA[start : last + 1]
        self.send_response(200 if whole else 206)
        self.send_header("Content-Length", str(len(body)))
        if not whole:
            self.send_header("Content-Range", f"bytes {start}-{last}/{len(DATA)}")
        self.end_headers()
        come, then = next(self.server.ends, (len(body), "goes on"))
        self.wfile.write(body[:come])
        if then == "stalls":
            self.server.over.wait(5)
        self.close_connection = then != "goes on"

    def log_message(self, *_):
        pass


class Streams(unittest.TestCase):
    def setUp(self):
        self.enterContext(patch.object(content, "READ_AT_ONCE", 8_000))
        self.enterContext(patch.object(content, "back_off"))
        self.enterContext(patch.object(content, "logger"))
        self.beats = []

    def bucket(self, *ends, **how):
        """A bucket, which the transformer's reading asks."""
        bucket = Bucket(ends, **how)
        threading.Thread(target=bucket.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.addCleanup(bucket.server_close)
        self.addCleanup(bucket.shutdown)
        self.addCleanup(bucket.over.set)
        config = Config(read_timeout=0.2, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        url = f"http://127.0.0.1:{bucket.server_port}"
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-central-1"}
        client = boto3.client("s3", endpoint_url=url, config=config, **keys)
        self.addCleanup(client.close)
        self.enterContext(patch.object(content, "client", lambda _: client))
        return bucket

    def read(self, start=0, end=None):
        found = S3Object("drops", File("incoming/a", "etag", len(DATA)), lambda: self.beats.append(time.monotonic()))
        return b"".join(found.read(start, end))

    def test_what_is_asked_for_comes_in_one_answer(self):
        bucket = self.bucket()
        self.assertEqual(DATA[1_000:150_000], self.read(1_000, 150_000))
        self.assertEqual([1_000], bucket.asked)
        self.assertEqual(19, len(self.beats))

    def test_a_stream_that_breaks_off_is_taken_up_where_it_did_however_often(self):
        rng = random.Random(7)
        bucket = self.bucket(*[(rng.randrange(1, 30_000), "ends") for _ in range(12)])
        self.assertEqual(DATA[5:], self.read(5))
        self.assertEqual(13, len(bucket.asked))
        self.assertEqual(sorted(bucket.asked), bucket.asked)

    def test_a_stream_from_which_nothing_comes_any_more_is_given_up_for_another(self):
        bucket = self.bucket((50_000, "stalls"))
        self.assertEqual(DATA, self.read())
        self.assertEqual([0, 48_000], bucket.asked)

    def test_streams_that_break_off_without_anything_read_are_an_error_in_the_end(self):
        bucket = self.bucket((20_000, "ends"), *[(0, "ends")] * 9)
        with self.assertRaises(BotoCoreError):
            self.read()
        self.assertEqual([0] + [20_000] * 4, bucket.asked)

    def test_who_is_given_the_whole_takes_what_it_asked_for(self):
        bucket = self.bucket((60_000, "ends"), ignores_ranges=True)
        self.assertEqual(DATA[10_000:90_000], self.read(10_000, 90_000))
        self.assertEqual([10_000, 60_000], bucket.asked)

    def test_who_stops_early_leaves_no_stream_behind(self):
        self.bucket()
        pieces = S3Object("drops", File("incoming/a", "etag", len(DATA)), lambda: None).read(0)
        first = next(pieces)
        pieces.close()
        self.assertEqual(DATA[: len(first)], first)
        self.assertEqual(DATA, self.read())
