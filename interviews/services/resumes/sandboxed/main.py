"""The process: a file on standard input, one JSON object on standard output."""

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from . import bounds, confine
from .refusal import Refusal


def run(kind: str, parent: int) -> None:
    """Read the file of this kind ("pdf" or "docx") and write what it says, or why it is refused."""
    confine.enter(parent)
    reader = _reader(kind)
    confine.close_files()
    reserve = bytearray(8 * 1024 * 1024)
    try:
        answer = _read(reader, sys.stdin.buffer.read(bounds.MAX_BYTES + 1))
    except MemoryError:
        reserve.clear()
        answer = {"refused": "too_much_memory", "what": ""}
    _write(answer)


def _reader(kind: str) -> Callable[[bytes], dict[str, Any]]:
    """Loaded before the files are closed: libraries of the system are needed for it."""
    if kind == "pdf":
        from . import pdf

        return pdf.read
    from . import docx

    return docx.read


def _read(read: Callable[[bytes], dict[str, Any]], content: bytes) -> dict[str, Any]:
    try:
        return read(content)
    except Refusal as refusal:
        return {"refused": refusal.reason, "what": refusal.what}
    except MemoryError:
        raise
    except Exception as error:  # whatever a parser trips over is the file's fault
        return {"refused": "malformed", "what": "", "trouble": type(error).__name__}


def _write(answer: dict[str, Any]) -> None:
    data = json.dumps(answer).encode("ascii")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
    os._exit(0)  # nothing of the file lives on, not even its destructors
