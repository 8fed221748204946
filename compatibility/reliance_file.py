"""`consumes.yml` in a service's folder: what the service relies on in the messages of others."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from compatibility.contracts import Message, Schema

NAME = "consumes.yml"
_HEAD = (
    "# What this service relies on in others' messages. Written from its inbox by `make consumes`; docs/contracts.md.\n"
)


def written(relied: Mapping[Message, Schema]) -> str:
    """The file's content."""
    document = {message.key: schema for message, schema in relied.items()}
    return _HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def read(text: str | bytes) -> dict[Message, Schema]:
    """What a `consumes.yml` says; nothing if it is empty. Raises ValueError if it is none."""
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
    return {Message.of(key): schema for key, schema in document.items()}
