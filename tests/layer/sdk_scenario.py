"""Plays AWS calls and invocations under the bare X-Ray SDK or under the layer and tells what was sent.

Run in a process of its own, ``python sdk_scenario.py bare|layer``, because both patch botocore. Prints one JSON object
of ``{scenario: {"documents": [...], "headers": [[..], ..]}}``: segment documents, and the trace headers of each call.
"""

import json
import os
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from layer_support import Daemon, trace_header

ROOT = "1-6742a000-000000000000000000000001"
ANSWERS = {
    "lost": (400, "ConditionalCheckFailedException"),
    "throttled": (400, "ThrottlingException"),
    "broken": (500, "InternalServerError"),
}


class _Service(BaseHTTPRequestHandler):
    answer = (200, None)
    seen: list[list[str]] = []

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(self.headers.get_all("X-Amzn-Trace-Id") or [])
        status, code = self.answer
        body = json.dumps({} if code is None else {"__type": f"com.amazonaws.dynamodb.v20120810#{code}"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main(mode: str) -> None:
    with Daemon() as daemon, ThreadingHTTPServer(("127.0.0.1", 0), _Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.environ |= {"AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.port}", "AWS_LAMBDA_FUNCTION_NAME": "f"}
        span = _layer() if mode == "layer" else _bare()
        seen = {"warm": _warm(span, daemon)}
        client = _client(f"http://127.0.0.1:{server.server_port}")
        put = {"TableName": "t", "Item": {"pk": {"S": "a"}}}
        seen["put"] = _call(daemon, client.put_item, put)
        seen["transaction"] = _call(daemon, client.transact_write_items, {"TransactItems": [{"Put": put}]})
        delete = {"DeleteRequest": {"Key": {"pk": {"S": "a"}}}}
        seen["batch"] = _call(daemon, client.batch_write_item, {"RequestItems": {"t": [delete]}})
        keys = {"t": {"Keys": [{"pk": {"S": "a"}}]}}
        seen["batch read"] = _call(daemon, client.batch_get_item, {"RequestItems": keys})
        for name, _Service.answer in ANSWERS.items():
            seen[name] = _call(daemon, client.put_item, put)
        seen["unsampled"] = _call(daemon, client.put_item, put, sampled=0)
        seen["unanswered"] = _call(daemon, _client("http://127.0.0.1:9").put_item, put)
        server.shutdown()
    print(json.dumps(seen))


def _layer():
    from backoffice import tracing

    return tracing.span


def _bare():
    os.environ["LAMBDA_TASK_ROOT"] = os.getcwd()
    from aws_xray_sdk.core import patch, xray_recorder

    patch(["botocore"])
    return xray_recorder.in_subsegment


def _client(url: str):
    import boto3
    from botocore.config import Config

    return boto3.client(
        "dynamodb",
        region_name="eu-central-1",
        endpoint_url=url,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


def _warm(span, daemon: Daemon) -> dict:
    for parent in ("00000000000000a1", "00000000000000a2"):
        os.environ["_X_AMZN_TRACE_ID"] = trace_header(root=ROOT, parent=parent)
        with span("work"):
            pass
    return {"documents": daemon.documents()}


def _call(daemon: Daemon, operation, parameters: dict, *, sampled: int = 1) -> dict:
    os.environ["_X_AMZN_TRACE_ID"] = trace_header(sampled=sampled)
    _Service.seen.clear()
    with suppress(Exception):
        operation(**parameters)
    return {"documents": daemon.documents(), "headers": list(_Service.seen)}


if __name__ == "__main__":
    main(sys.argv[1])
