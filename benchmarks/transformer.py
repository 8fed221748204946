"""What the file transformer takes: processor time for each row, memory whatever the file's size, rows a second.

- Processor: a file of 10 MB in memory, through the transformer's own code up to the requests that go to DynamoDB; in
  turn, over the same bytes, Python's `csv` reader with its `json` writer. Beside it, for knowledge: how much the SDK
  adds to send those requests, against a server that answers at once.
- Looking through: a file of 90 MB in memory, plain and as a gzip.
- Memory: the peak of a process of its own that works through 10 MB and through 1 GB, made up on the way; whole steps as
  the function does them, with the tables and the bucket left out.
- A stage that is up: 10 MB put into the bucket, until the last row is read.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from typing import Any

from benchmarks.figures import Target, conclude, table
from local.client import Client
from local.demo.apis import endpoints
from local.stage import aws, users
from local.stage.place import BUILD, LAMBDA_PYTHON, ROOT, Place, requested

HARMLESS = {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
ROWS = 150_000
LARGE = 1024
MOST_TIMES = 2.0
MOST_MEGABYTES = 128.0
SECONDS = 150.0


def main() -> int:
    times = _in_a_process()
    base = times["csv reader, json writer"]
    rows = [[way, f"{seconds / ROWS * 1e6:.2f}", f"{seconds / base:.2f}"] for way, seconds in times.items()]
    table([f"{ROWS} rows", "us of CPU a row", "x csv and json"], rows)
    print()
    looks = _in_a_process("looks")
    table(
        ["looked through", "MB of content a second of CPU"], [[way, f"{rate / 1e6:.0f}"] for way, rate in looks.items()]
    )
    print()
    peaks = {megabytes: _in_a_process(megabytes) for megabytes in (10, 100, LARGE)}
    table(
        ["content", "rows", "peak MiB", "CPU s"],
        [
            [f"{size} MiB", str(one["rows"]), f"{one['peak']:.0f}", f"{one['seconds']:.1f}"]
            for size, one in peaks.items()
        ],
    )
    print()
    _on_a_stage()
    return conclude(
        Target("CPU of a row", times["transformer, up to its requests"] / base, MOST_TIMES, "x csv and json"),
        Target(f"peak memory over {LARGE} MiB", peaks[LARGE]["peak"], MOST_MEGABYTES, "MiB"),
        Target("peak memory over 10 MiB", peaks[10]["peak"], MOST_MEGABYTES, "MiB"),
    )


def _in_a_process(*how: int | str) -> dict[str, float]:
    """What `transformer_steps` prints, on the interpreter and with the layer of the functions' workers."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "services/analytics", BUILD / "layer-host" / "python", ROOT))),
        **HARMLESS,
    }
    command = [str(LAMBDA_PYTHON), "-m", "benchmarks.transformer_steps", *map(str, how)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _on_a_stage() -> None:
    """Put the file into the bucket and tell how long it takes until its last row is read."""
    place = Place.at(requested())
    api = Client(endpoints(place)["services"]["analytics"], users.token(place, "operator@example.com"))
    api.put("/drop-sources/partner", {"format": "csv", "quoted_line_breaks": False})
    content = _file()
    content += f"user-{time.time_ns()},2026-11-23,click,1,DE,\r\n".encode()  # another file than the last time
    (stack,) = aws.client(place, "cloudformation").describe_stacks(StackName=f"{aws.STAGE}-analytics")["Stacks"]
    bucket = next(one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == "DropsBucketName")
    began = time.perf_counter()
    aws.client(place, "s3").put_object(Bucket=bucket, Key="incoming/partner/benchmark.csv", Body=content)
    drop: dict[str, Any] = {}
    while time.perf_counter() - began < SECONDS and drop.get("state") != "processed":
        time.sleep(1)
        found = api.get("/drops", source_id="partner", limit=1).body["items"]
        drop = next((one for one in found if one["bytes"] == len(content)), {})
    seconds = time.perf_counter() - began
    if drop.get("state") != "processed":
        print(f"the stage has read {drop.get('rows_read')} rows after {seconds:.0f} s")
        return
    rows = drop["rows_read"]
    table(
        ["against the embedded AWS", "rows", "ranges", "seconds", "rows a second"],
        [["10 MB from put to processed", str(rows), str(drop["ranges"]), f"{seconds:.1f}", f"{rows / seconds:.0f}"]],
    )


def _file() -> bytes:
    """Rows as those of which `transformer_steps` counts the cost."""
    rng = random.Random(20261123)
    days = [f"2026-11-{day:02}" for day in range(1, 25)]
    rows = (f"user-{rng.randrange(50_000):06},{rng.choice(days)},click,1,DE,{'n' * 20}\r\n" for _ in range(ROWS))
    return b"user_id,date,event_type,amount,country,note\r\n" + "".join(rows).encode()


if __name__ == "__main__":
    sys.exit(main())
