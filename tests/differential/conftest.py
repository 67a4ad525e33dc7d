"""Makes the generator of random models, the wrapping of node tests and the circuits' rig
importable."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).parent
for folder in (HERE, HERE.parent / "circuits"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
