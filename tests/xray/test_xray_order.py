"""Whatever the order and repetition of a trace's documents, the trace read back is the one that happened."""

import random
import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.xray.support import Fields, Xray, new_id, new_trace_id

NOW = float(int(time.time()))


class Story:
    """A random trace as it happened (`expected`, as read back) and the documents that tell it (`sent`)."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._at = NOW
        self.trace_id = new_trace_id(NOW)
        self.sent: list[Fields] = []
        self.expected: list[Fields] = []
        for _ in range(self._random.randint(1, 4)):
            self._root()
        self.sent += self._random.choices(self.sent, k=self._random.randint(0, len(self.sent)))
        self._random.shuffle(self.sent)

    def _root(self) -> None:
        own: Fields = {"trace_id": self.trace_id}
        if self._random.random() < 0.5:
            own |= {"type": "subsegment", "parent_id": new_id()}
        elif self._random.random() < 0.5:
            own |= {"parent_id": new_id()}
        happened, told = self._entity(0)
        self.expected.append(own | happened)
        self._tell(own | told)

    def _entity(self, depth: int) -> tuple[Fields, Fields]:
        """What is read back of an entity, and the part of it that its own document tells."""
        self._at += self._random.choice([0.001, 0.25])
        fields: dict[str, Any] = {
            "id": new_id(),
            "name": f"step {depth}",
            "start_time": self._at,
            "end_time": self._at + 2,
        }
        if self._random.random() < 0.3:
            fields["fault"] = True
        children, embedded = [], []
        for _ in range(self._random.randint(0, 3 - depth)):
            happened, told = self._entity(depth + 1)
            children.append(happened)
            if self._random.random() < 0.5:
                embedded.append(told)
            else:
                self._tell(told | {"type": "subsegment", "trace_id": self.trace_id, "parent_id": fields["id"]})
        self._random.shuffle(embedded)
        return _with(fields, children), _with(fields, embedded)

    def _tell(self, document: Fields) -> None:
        self.sent.append(document)
        if self._random.random() < 0.5:
            begun = {k: v for k, v in document.items() if k not in ("end_time", "fault", "subsegments")}
            self.sent.append(begun | {"in_progress": True})


def _with(fields: Fields, children: list[Fields]) -> Fields:
    return fields | {"subsegments": children} if children else fields


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(min_value=0, max_value=2**32))
def test_order_and_repetition_of_documents_do_not_matter(xray: Xray, seed: int) -> None:
    story = Story(seed)
    xray.send_and_wait(*story.sent)
    assert xray.trace(story.trace_id) == story.expected
