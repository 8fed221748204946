"""What tests of every folder may use."""

from tests.stage import stage

__all__ = ["stage"]
