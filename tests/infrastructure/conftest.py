from __future__ import annotations

import pytest

from tests.infrastructure.templates import Template, compile_all
from tests.stage import Stage


@pytest.fixture(scope="session")
def templates(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> list[Template]:
    """All stacks, compiled for each stage on AWS."""
    return compile_all(stage.place, tmp_path_factory.mktemp("compiled"))


@pytest.fixture(scope="session")
def service_templates(templates: list[Template]) -> list[Template]:
    """Those of them that hold a service."""
    return [template for template in templates if template.stack != "shared"]
