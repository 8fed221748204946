"""What a command of the shell works with."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from typing import Any

from operations.stacks import Stacks
from operations.stage import Stage, check_name


@dataclass(frozen=True)
class Session:
    """The stage that was named, and how answers are written."""

    stage: Stage
    stacks: Stacks
    for_scripts: bool

    def tell(self, document: dict[str, Any], text: str) -> None:
        """Print the document for scripts, the text for people."""
        print(json.dumps(document, indent=2, default=vars) if self.for_scripts else text)


def open_session(options: argparse.Namespace) -> Session:
    """Raises Problem for a name that cannot be a stage's."""
    stage = Stage(check_name(options.stage), options.endpoints)
    return Session(stage, Stacks(stage), options.json)
