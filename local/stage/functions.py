"""The functions of the stacks, by the names that they will have once they are deployed."""

from __future__ import annotations

import re

from local.stage.place import ROOT, STAGE

_FRAGMENT = re.compile(r"shared/serverless/(\w+)\.yml\):functions")


def names() -> list[str]:
    """`local-<service>-<function>` of every function, as the services' `serverless.yml` put them together."""
    return sorted(
        f"{STAGE}-{file.parent.name}-{function}"
        for file in (ROOT / "services").glob("*/serverless.yml")
        for function in _FRAGMENT.findall(file.read_text())
    )
