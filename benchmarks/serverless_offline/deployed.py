"""The stack on our stage."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.serverless_offline.command_line import FOLDER, command, variables
from local.demo.cast import AGENT
from local.stage import aws, running, users
from local.stage.place import STAGE, Place

STACK = "serverless-offline-benchmark"
CUSTOMER = "customer-1"


class OurStage:
    """The stack at the embedded AWS's API Gateway, behind its authorizer, run by local/lambda."""

    name = "our stage"

    def __init__(self, place: Place, api: str) -> None:
        self._place = place
        self._lambda = aws.client(place, "lambda")
        self._changes = itertools.count(1)
        self.port, self.path = place.port, f"/_aws/execute-api/{api}/{STAGE}"
        self.headers = {"Authorization": f"Bearer {users.token(place, AGENT)}"}

    def restart(self) -> None:
        """No worker that runs the functions is taken for the next invocation: their configuration has changed."""
        for function in ("trivial", "customer"):
            name = f"{STACK}-{STAGE}-{function}"
            known = self._lambda.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            changed = {**known, "BENCHMARK_ROUND": str(next(self._changes))}
            self._lambda.update_function_configuration(FunctionName=name, Environment={"Variables": changed})
        running.tell_of_deploy(self._place)

    def stop(self) -> None:
        """Nothing: the stage is the user's."""


@contextmanager
def deployed(place: Place) -> Iterator[OurStage]:
    """The stack, deployed, with one customer in its table; taken down afterwards."""
    try:
        _run(place, "deploy")
        item = {"pk": {"S": CUSTOMER}, "name": {"S": "Ada Lovelace"}}
        aws.client(place, "dynamodb").put_item(TableName=f"{STAGE}-{STACK}", Item=item)
        (api,) = aws.physical_ids(place, STACK, "AWS::ApiGateway::RestApi")
        yield OurStage(place, api)
    finally:
        _run(place, "remove")


def _run(place: Place, what: str) -> None:
    done = subprocess.run(
        command(what), cwd=FOLDER, env=variables(place), capture_output=True, text=True, check=False, timeout=120
    )
    if done.returncode != 0:
        raise SystemExit(f"osls {what} failed:\n{done.stdout}{done.stderr}")
