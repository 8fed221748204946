"""A file of a gigabyte through the transformer on a stage that is up, and what its processes take of memory.

`python -m benchmarks.transformer_stage [MIB]`, 1,024 if not given, after one of 10 MiB of the same rows. Rows are of a
kilobyte: the embedded AWS keeps its tables in memory, and a gigabyte of short rows would be more than a laptop has.
Files are read in ranges of 64 MiB, as on AWS. Takes five minutes, so it is none of `make bench`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import Target, conclude, table
from local.client import Client
from local.demo.apis import endpoints
from local.stage import aws, users
from local.stage.place import Place, requested

MEBIBYTE = 1024 * 1024
SMALL, LARGE = 10, 1_024
FUNCTION = "local-analytics-transformer"
SOURCE = "benchmark"
RANGE_BYTES = str(64 * MEBIBYTE)
MOST_SECONDS = 3_000
MOST_MEMORY = 128
MOST_GROWTH = 1.25


@dataclass(frozen=True)
class Run:
    """What came of a file: its size, seconds until it was looked through and until its last row, and the most that each
    of the function's processes took, in MiB.
    """

    size: int
    rows: int
    looked: float
    seconds: float
    peaks: list[float]

    @property
    def peak(self) -> float:
        return max(self.peaks)


def main(large: int) -> int:
    place = Place.at(requested())
    with _ranges_as_on_aws(place):
        runs = [_through(place, size) for size in (SMALL, large)]
    rows = [
        [
            f"{run.size} MiB",
            f"{run.rows:,}",
            f"{run.looked:.1f}",
            f"{run.seconds:.1f}",
            f"{run.rows / run.seconds:,.0f}",
            " ".join(f"{peak:.0f}" for peak in run.peaks),
        ]
        for run in runs
    ]
    table(["file", "rows", "looked through, s", "seconds", "rows a second", "peak of each process, MiB"], rows)
    small, big = runs
    return conclude(
        Target("memory of a process", big.peak, MOST_MEMORY, "MiB"),
        Target("memory against that of the small file", big.peak / small.peak, MOST_GROWTH, "times"),
    )


def _through(place: Place, size: int) -> Run:
    api = Client(endpoints(place)["services"]["analytics"], users.token(place, "operator@example.com"))
    api.put(f"/drop-sources/{SOURCE}", {"format": "csv", "quoted_line_breaks": False})
    key = f"incoming/{SOURCE}/{size}-{time.time_ns()}.csv"
    with tempfile.NamedTemporaryFile() as file:
        rows = _write(Path(file.name), size)
        began = time.monotonic()
        aws.client(place, "s3").upload_file(file.name, _bucket(place), key)
    peaks: dict[int, float] = {}
    looked = 0.0
    while time.monotonic() - began < MOST_SECONDS:
        peaks |= _peaks(place)
        api = Client(endpoints(place)["services"]["analytics"], users.token(place, "operator@example.com"))
        drop = next((one for one in api.get("/drops", source_id=SOURCE).body["items"] if one["key"] == key), None)
        passed = time.monotonic() - began
        if drop and drop["state"] != "received":
            looked = looked or passed
        if drop and drop["state"] == "processed":
            assert (drop["rows_read"], drop["rows_written"]) == (rows, rows), drop
            return Run(size, rows, looked, passed, sorted(peaks.values()))
        time.sleep(1)
    sys.exit(f"{size} MiB were not worked through in {MOST_SECONDS} seconds: {drop}")


def _write(path: Path, size: int) -> int:
    """A CSV of that many MiB; answers its rows. None is like another, so that no file is taken for one seen before."""
    mark, rows = time.time_ns(), 0
    with path.open("w") as file:
        file.write("user_id,date,event_type,note\n")
        while file.tell() < size * MEBIBYTE:
            first = rows
            rows += 1_000
            lines = (
                f"user-{row % 50_000},2026-11-{row % 24 + 1:02},view,{mark}-{row:<960}\n" for row in range(first, rows)
            )
            file.writelines(lines)
    return rows


def _peaks(place: Place) -> dict[int, float]:
    """The most that each process of the function has taken so far, in MiB."""
    with urllib.request.urlopen(f"{place.lambda_url}/workers", timeout=10) as answer:
        workers: list[dict[str, Any]] = json.load(answer)
    return {one["pid"]: found for one in workers if one["function"] == FUNCTION for found in _resident(one["pid"])}


def _resident(pid: int) -> Iterator[float]:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            yield int(line.split()[1]) / 1024


def _bucket(place: Place) -> str:
    (stack,) = aws.client(place, "cloudformation").describe_stacks(StackName="local-analytics")["Stacks"]
    return str(next(one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"] == "DropsBucketName"))


@contextmanager
def _ranges_as_on_aws(place: Place) -> Iterator[None]:
    """On a laptop files are split into ranges of a mebibyte, so that small ones show how that works."""
    functions = aws.client(place, "lambda")
    variables = functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=FUNCTION, Environment={"Variables": variables | {"RANGE_BYTES": RANGE_BYTES}}
    )
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=FUNCTION, Environment={"Variables": variables})


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else LARGE))
