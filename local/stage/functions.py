"""The functions of the stacks, by the names that they will have once they are deployed."""

from __future__ import annotations

import re

from local.stage.place import ROOT, STAGE

_FRAGMENT = re.compile(r"/(\w+)\.yml\):functions")


def names() -> list[str]:
    """`local-<service>-<function>` of every function, as the services' `serverless.yml` put them together."""
    return [name for file in sorted((ROOT / "services").glob("*/serverless.yml")) for name in of(file.parent.name)]


def of(service: str) -> list[str]:
    """The names of one service's functions."""
    text = (ROOT / "services" / service / "serverless.yml").read_text()
    return sorted(f"{STAGE}-{service}-{function}" for function in _FRAGMENT.findall(text))
