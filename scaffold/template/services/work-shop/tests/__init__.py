"""Unit tests of the work shop; run by ``nose2`` in the service's folder."""

import sys
from pathlib import Path

_SHARED = Path(__file__).resolve().parents[3] / "shared"
sys.path[:0] = [str(_SHARED / "python"), str(_SHARED / "testing")]
