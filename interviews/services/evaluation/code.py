"""The version of the evaluator's own code."""

import hashlib
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
DETECTOR = HERE.parents[2] / "compliance"
PROMPTS = HERE.parents[1] / "prompts"
DATA = [HERE.parents[1] / "data" / name for name in ("basic_evaluator.json", "basic_fits.json")]


@cache
def version() -> str:
    """Twelve hex digits of a SHA-256 over this folder's modules, its prompts, the detector, and the data of both."""
    digest = hashlib.sha256()
    rules = sorted((DETECTOR / "data" / "injection").glob("*.json"))
    own = [*sorted(HERE.glob("*.py")), *DATA, *sorted(PROMPTS.glob("evaluation.*.txt"))]
    for path in [*own, *sorted((DETECTOR / "injection").glob("*.py")), *rules]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
