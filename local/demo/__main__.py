"""`python -m local.demo`: play a working day on the stage that PORT names, and tell what came of it."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.client import Refused, Reply, Unreachable
from local.demo import story
from local.demo.apis import Apis, apis, endpoints
from local.demo.day import Day, Done
from local.demo.evening import Evening
from local.demo.highlights import highlights
from local.demo.numbers import Numbers, measured
from local.demo.traces import Document, documents, trace_ids
from local.demo.waiting import TooLate, until
from local.stage import aws
from local.stage.place import Place, requested
from local.stage.problem import Problem


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    try:
        play(Place.at(options.port, options.state), options.seed)
    except (Problem, Refused, TooLate) as failure:
        print(failure, file=sys.stderr)
    except (Unreachable, BotoCoreError, ClientError) as failure:
        print(f"{failure}\nIs the stage up? make status", file=sys.stderr)
    else:
        return 0
    return 1


def play(place: Place, seed: int) -> None:
    """Play the day and print its story. Raises Problem, Refused, TooLate, Unreachable."""
    urls = endpoints(place)
    services = apis(place)
    before = measured(services.analytics)
    done = Day(services, seed=seed).play()
    episodes = Evening(services, done, partial(_tick, place)).play()
    numbers = _counted(services, before, done)
    print(story.told(done, numbers, highlights(services.analytics)))
    print(f"\n{story.remembered(episodes)}")
    solved = done.solved[-1]
    trace_id, found = _traced(aws.client(place, "xray"), solved)
    print(f"\n{story.followed(solved.body['id'], trace_id, found)}\n")
    print(f"The APIs:    {urls['services']['customer-support']} and others, each with GET /openapi.json; make status")
    print(f"The traces:  boto3's xray client at {urls['xray']}")
    print("The logs:    make logs SERVICE=invoicing")


def _tick(place: Place) -> None:
    """Nobody waits a minute for the schedule."""
    aws.client(place, "lambda").invoke(FunctionName="local-invoicing-clock", Payload=b"{}")


def _counted(services: Apis, before: Numbers, done: Done) -> Numbers:
    """The metrics once they hold the day; other days may be played at the same time."""
    wanted = before.plus(done.numbers())

    def look() -> Numbers | None:
        now = measured(services.analytics)
        enough = now.tickets_solved >= wanted.tickets_solved and now.tickets_opened >= wanted.tickets_opened
        return now if enough and _at_least(now, wanted) else None

    return until("the day in the metrics", look)


def _at_least(now: Numbers, wanted: Numbers) -> bool:
    return all(now.invoiced.get(currency, 0) >= amount for currency, amount in wanted.invoiced.items()) and all(
        now.collected.get(currency, 0) >= amount for currency, amount in wanted.collected.items()
    )


def _traced(xray: Any, solved: Reply) -> tuple[str, list[Document]]:
    """The solved ticket's trace, once both consumers are in it."""

    def look() -> tuple[str, list[Document]] | None:
        for trace_id in trace_ids(xray, [solved])[solved.correlation_id]:
            found = documents(xray, trace_id)
            if sum(one.name.endswith("-inbox") for one in found) >= 2:
                return trace_id, found
        return None

    return until(f"a trace of {solved.request} with both consumers", look)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--port", default=requested(), help="the stage's, as in make up PORT=...")
    parser.add_argument("--state", help="another state folder")
    parser.add_argument("--seed", type=int, default=1, help="draws other people and cases")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
