"""Replaying the archive: its events are counted into a generation, whatever else counts into it meanwhile."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import batched
from typing import Any
