"""How fast the metrics are made anew from the archive, and in how much memory, whatever the archive's size.

The rebuilder's own code, in a process of its own, against a bucket and a table of the embedded AWS: archive written,
generation started, replayed, compared, switched. Beside it the inbox's handler takes the same kinds of events live, in
batches of ten. The peak is that of the process, above what it has before the first event is read.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from contextlib import redirect_stdout
from itertools import islice
from typing import Any

from benchmarks.figures import Target, conclude, table
from benchmarks.tables import spare
from local.stage import aws
from local.stage.environment import REGION, ROOT_CREDENTIALS
from local.stage.place import ROOT, Place, requested

sys.path[:0] = [str(ROOT / part) for part in ("shared/python", "shared/testing", "services/analytics")]
from analytics.archive.reading import Archive  # noqa: E402
from analytics.archive.writing import Archivable, put, shelved  # noqa: E402
from analytics.domain.rebuilds import OnDifference, Rebuild  # noqa: E402
from analytics.handlers import inbox, rebuilder  # noqa: E402
from analytics.rebuilding.work import Rebuilder, Sources  # noqa: E402
from analytics.store.generations import GenerationStore  # noqa: E402
from analytics.store.rebuilds import RebuildStore  # noqa: E402
from backoffice.clock import now  # noqa: E402
from backoffice.ids import new_id  # noqa: E402
from benchmarks.projection import CONTEXT, messages  # noqa: E402

FEW, TIMES = 1_200, 10
OF_A_FILE = 40
LEAST_RATIO = 1.0
MOST_GROWTH_MEGABYTES = 2.0


class Undisturbed:
    """A desk with one piece of work and all the time for it. (A mock would remember each call, and grow with them.)"""

    def beat(self) -> None:
        pass

    def is_time_up(self) -> bool:
        return False

    def ask(self, projection: str, rebuild_id: str, *, after_seconds: int = 0) -> None:
        raise AssertionError("all of it is done in one go")


def main(sizes: list[str]) -> int:
    place = Place.at(requested())
    os.environ |= {
        **ROOT_CREDENTIALS,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": place.aws_url,
        "CONTEXT": "analytics",
        "STAGE": "bench",
    }
    if sizes:
        print(json.dumps(_rebuilt(aws.client(place, "dynamodb"), aws.client(place, "s3"), int(sizes[0]))))
        return 0
    runs = [_in_a_process(FEW), _in_a_process(FEW * TIMES)]
    live = runs[0]["live"]
    table(
        [
            "events",
            "live, batches of ten",
            "replayed a second",
            "x live",
            "replayed and compared",
            "peak MiB",
            "grown by",
        ],
        [
            [
                str(run["events"]),
                f"{live:.0f}",
                f"{run['replayed']:.0f}",
                f"{run['replayed'] / live:.1f}",
                f"{run['whole']:.0f}",
                f"{run['peak']:.0f}",
                f"{run['grown']:.1f}",
            ]
            for run in runs
        ],
    )
    return conclude(
        Target("live events in the time of one replayed:", live / runs[1]["replayed"], 1 / LEAST_RATIO, "x"),
        Target(
            f"peak over {TIMES} times the events:", runs[1]["grown"] - runs[0]["grown"], MOST_GROWTH_MEGABYTES, "MiB"
        ),
    )


def _in_a_process(events: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.rebuild", str(events)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _rebuilt(dynamodb: Any, s3: Any, number: int) -> dict[str, float]:
    """Count and archive so many events, make the metrics anew, and tell how fast each was."""
    bucket = f"bench-archive-{time.time_ns()}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    with spare(dynamodb, "local-analytics") as name, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        os.environ["TABLE_NAME"] = name
        live = _live(number, bucket)
        rebuild_id = _requested()
        before, began = _peak(), time.perf_counter()
        sources = Sources(Archive(bucket, inbox.inbox.schemas.keys()), rebuilder._understood, lambda: 0)
        Rebuilder(sources, Undisturbed()).work("metrics", rebuild_id)
        seconds = time.perf_counter() - began
        done = RebuildStore().rebuild("metrics", rebuild_id)
        assert done.phase == "switched" and done.is_equal, done
    return {
        "events": number,
        "live": live,
        "replayed": done.events_per_second or 0,
        "whole": number / seconds,
        "peak": _peak(),
        "grown": _peak() - before,
    }


def _live(number: int, bucket: str) -> float:
    """Count so many events in batches of ten, and archive them; how many were counted a second."""
    counting, told = 0.0, messages()
    for _ in range(0, number, OF_A_FILE):
        some = list(islice(told, OF_A_FILE))
        began = time.perf_counter()
        for start in range(0, OF_A_FILE, 10):
            assert inbox.handler({"Records": some[start : start + 10]}, CONTEXT) == {"batchItemFailures": []}
        counting += time.perf_counter() - began
        notices = (json.dumps({"TopicArn": ":bench-all-events", "Message": one["body"]}) for one in some)
        for shelf, lines in shelved(Archivable.of(notice, "bench") for notice in notices):
            put(bucket, shelf, lines)
    return number / counting


def _requested() -> str:
    generations = GenerationStore().current()
    started = generations.start()
    rebuild = Rebuild(
        id=new_id("rbd"),
        projection="metrics",
        on_difference=OnDifference.KEEP,
        requested_at=now(),
        touched_at=now(),
        previous=generations.read,
        generation=started.written[-1],
    )
    RebuildStore().add(rebuild, started, None)
    return rebuild.id


def _peak() -> float:
    """The most memory that this process has had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
