"""The version of the evaluator's own code."""

import hashlib
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
DETECTOR = HERE.parents[2] / "compliance"
DATA = [HERE.parents[1] / "data" / name for name in ("basic_evaluator.json", "basic_fits.json", "languages.json")]


@cache
def version() -> str:
    """Twelve hex digits of a SHA-256 over this folder's modules, the detector's, and the data that they read."""
    digest = hashlib.sha256()
    rules = (DETECTOR / "data" / "injection").glob("*.json")
    for path in [*sorted(HERE.glob("*.py")), *DATA, *sorted((DETECTOR / "injection").glob("*.py")), *sorted(rules)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
