"""Serves a service's committed OpenAPI document."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

from backoffice.http.answer import Answer, ok
from backoffice.http.request import Request


def openapi_document(_: Request) -> Answer:
    """The service's OpenAPI 3.1 document."""
    return ok(_document())


@lru_cache(maxsize=1)
def _document() -> Any:
    # PyYAML is needed for this one answer only; the other requests' cold start does without it.
    import yaml

    text = (Path(os.environ.get("LAMBDA_TASK_ROOT", ".")) / "openapi.yml").read_text()
    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
