"""The stacks of a stage and what they consist of, asked of CloudFormation: nothing is found by guessing names."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from operations.problems import asking
from operations.stage import Stage

# CloudFormation is throttled at a few calls a second for the whole account, and stacks change by deploys only.
_KEPT_SECONDS = 60.0
_GONE = {"DELETE_COMPLETE", "DELETE_IN_PROGRESS", "REVIEW_IN_PROGRESS"}
FUNCTION, QUEUE = "AWS::Lambda::Function", "AWS::SQS::Queue"


@dataclass(frozen=True)
class Resource:
    """`context` is the stack's name without the stage; `id` the physical one (a function's name, a queue's URL)."""

    context: str
    type: str
    id: str


class Stacks:
    """The resources of a stage's stacks, kept for a minute; used by any thread."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._asking = threading.Lock()
        self._found: list[Resource] = []
        self._until = 0.0

    def resources(self, type_: str) -> list[Resource]:
        """Those of one type."""
        with self._asking:
            if time.monotonic() > self._until:
                self._found = self._ask()
                # A stage that is only being deployed is asked again at once.
                self._until = time.monotonic() + _KEPT_SECONDS if self._found else 0.0
            return [resource for resource in self._found if resource.type == type_]

    def contexts(self) -> list[str]:
        """The bounded contexts: the stacks that have functions."""
        return sorted({function.context for function in self.resources(FUNCTION)})

    def context_of(self, name: str, contexts: Iterable[str]) -> str | None:
        """Whose a resource of that name is, by `<stage>-<context>`, which all names begin with."""
        for context in sorted(contexts, key=len, reverse=True):
            own = f"{self._stage.name}-{context}"
            if name == own or name.startswith((f"{own}-", f"{own}/")):
                return context
        return None

    def _ask(self) -> list[Resource]:
        every = partial(self._stage.every, "cloudformation")
        with asking("which stacks the stage has"):
            names = [stack["StackName"] for stack in every("describe_stacks", "Stacks") if self._is_own(stack)]
        with asking("what the stacks consist of"):
            return [
                Resource(name.removeprefix(f"{self._stage.name}-"), one["ResourceType"], one["PhysicalResourceId"])
                for name in names
                for one in every("list_stack_resources", "StackResourceSummaries", StackName=name)
                if one.get("PhysicalResourceId")
            ]

    def _is_own(self, stack: dict[str, object]) -> bool:
        """Whether the stack is this stage's, by its name and by the tag that the Serverless CLI gives every stack.

        Without the tag, `dev-eu-invoicing` would be taken for one of the stage `dev`.
        """
        tags = stack.get("Tags")
        stages = [tag["Value"] for tag in tags if tag["Key"] == "STAGE"] if isinstance(tags, list) else []
        return (
            str(stack["StackName"]).startswith(f"{self._stage.name}-")
            and stages in ([], [self._stage.name])
            and stack["StackStatus"] not in _GONE
        )
