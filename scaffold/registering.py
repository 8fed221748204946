"""Where a new context is made known: the few files outside its folder that list the contexts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import tomlkit
from tomlkit.items import Array

from scaffold.words import Words, snake

_NEIGHBOUR = "analytics"
"""Wherever this context is listed beside the others, a new one is listed too."""
_OTHERS = ("customer-support", "invoicing")
_EVENTS = ("SparePartCreated", "SparePartEnded")
_CONSUMED = ("CustomerRegistered", "CustomerUpdated")
"""What the template tells and listens to."""


def register(root: Path, words: Words) -> list[Path]:
    """Add the context to every list of contexts in the house at ``root``; answers the files that were changed."""
    changed = []
    for file, change in _CHANGES.items():
        path = root / file
        path.write_text(change(path.read_text(), words))
        changed.append(path)
    return changed


def _into_compose(text: str, words: Words) -> str:
    return f"{text}  {words.service}:\n    path: services/{words.service}\n    dependsOn: shared\n"


def _after_neighbour(text: str, words: Words) -> str:
    """Repeat the neighbour's line, for the new context."""
    line = next(line for line in text.splitlines(keepends=True) if re.search(rf"\b{_NEIGHBOUR}\b", line))
    return text.replace(line, line + line.replace(_NEIGHBOUR, words.service))


def _into_expectations(text: str, words: Words) -> str:
    """Say what the new context tells and listens to, where the contract tests expect it."""
    told = {"EMITTED": _EVENTS, "CONSUMED": _CONSUMED}
    for name, types in told.items():
        events = ", ".join(f'"{words.replace(type)}"' for type in types)
        entry = f'    "{words.service}": {{{events}}},\n'
        text = re.sub(rf"(?ms)^({name} = {{.*?)^}}", rf"\1{entry}}}", text, count=1)
    return text


def _into_lists(text: str, words: Words) -> str:
    """In each list that names the same thing of all contexts, name it of the new one."""
    document = tomlkit.parse(text)
    for values in _arrays(document):
        for new, others in ((words.package, map(snake, _OTHERS)), (words.service, _OTHERS)):
            _into_list(values, new, tuple(others))
    mypy = document["tool"]["mypy"]
    mypy["mypy_path"] = f"{mypy['mypy_path']}:services/{words.service}"
    return tomlkit.dumps(document)


def _into_list(values: Array, new: str, others: Sequence[str]) -> None:
    for value in [str(one) for one in values]:
        listed = all(value.replace(_NEIGHBOUR, other) in values for other in others)
        added = value.replace(_NEIGHBOUR, new)
        if _NEIGHBOUR in value and listed and added not in values:
            values.append(added)


def _arrays(node: object) -> list[Array]:
    if isinstance(node, Array) and all(isinstance(one, str) for one in node):
        return [node]
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return [found for child in children for found in _arrays(child)]


_CHANGES: dict[str, Callable[[str, Words], str]] = {
    "serverless-compose.yml": _into_compose,
    "shared/serverless.yml": _after_neighbour,
    "shared/serverless/topics.yml": _after_neighbour,
    "pyproject.toml": _into_lists,
    "tests/contract/contexts.py": _into_expectations,
}
