"""The services' code and the kit of their tests, importable side by side."""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_SOURCES = [_ROOT / "services" / name for name in ("customer-support", "invoicing", "analytics")]
sys.path[:0] = [str(folder) for folder in [*_SOURCES, _ROOT / "shared" / "testing"]]
