"""Makes the model builder in tests/circuits/rig importable."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = str(Path(__file__).parents[2] / "circuits")
if FOLDER not in sys.path:
    sys.path.insert(0, FOLDER)
