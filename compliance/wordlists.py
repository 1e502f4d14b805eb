"""The word lists of redaction, read once."""

import json
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "redaction.json"


@cache
def data() -> dict[str, Any]:
    """What `about` in the file describes."""
    read: dict[str, Any] = json.loads(DATA.read_text())
    return read
