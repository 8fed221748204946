"""Unit tests of invoicing; run by ``nose2`` in the service's folder."""

import sys
from pathlib import Path

_SERVICE = Path(__file__).resolve().parents[1]
_SHARED = _SERVICE.parents[1] / "shared"
sys.path[:0] = [str(_SHARED / "python"), str(_SHARED / "testing"), str(_SERVICE / "layers" / "documents")]
