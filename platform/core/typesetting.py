"""A PDF from one of our Typst templates and data, set by a process of its own that is ended in time.

Data goes in as JSON and is only ever shown: no template source is built from it. The same template, data and time make
the same bytes. Fonts are ours (`fonts/`), so that no machine's own change a page.
"""

import contextlib
import json
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

FOLDER = Path(__file__).resolve().parent
CHILD, FONTS, SAMPLE = FOLDER / "typesetting_child.py", FOLDER / "fonts", FOLDER / "fonts" / "sample.typ"
SECONDS = 10
MOST_BYTES = 10_000_000

log = structlog.get_logger()


class NotSet(Exception):
    """The document could not be set: the template and its data don't fit, or it took too long."""


@dataclass(frozen=True, slots=True)
class Document:
    """A PDF (PDF/UA-1); in place of each of `replaced`, which no font has, it shows a question mark."""

    pdf: bytes
    replaced: frozenset[str]


def typeset(template: Path, data: dict[str, Any], *, at: datetime) -> Document:
    """The document that `template` makes of `data` (its `sys.inputs.data`), dated `at`. Hold nothing meanwhile.

    :raises NotSet: if it could not be made.
    """
    order = {"template": str(template), "fonts": str(FONTS), "at": int(at.timestamp()), "data": _plain(data)}
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-B", str(CHILD)],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=SECONDS,
            env={},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotSet("It took too long.") from error
    if done.returncode or not done.stdout:
        log.error("typesetting_failed", template=template.name, said=done.stderr[-500:].decode(errors="replace"))
        raise NotSet(template.name)
    head, _newline, pdf = done.stdout.partition(b"\n")
    return Document(pdf, frozenset(json.loads(head)["replaced"]))


def unprintable(text: str) -> set[str]:
    """The characters of `text` that no font of ours has, or that are no characters to show."""
    hidden = {letter for letter in text if letter != _plain(letter)}
    with contextlib.suppress(NotSet):
        return hidden | set(typeset(SAMPLE, {"text": text}, at=datetime.fromtimestamp(0).astimezone()).replaced)
    return set(text)


def _plain(value: Any) -> Any:
    """The data without what would only steer or hide text: controls, and marks that turn its direction."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, str):
        return "".join(letter for letter in value if unicodedata.category(letter)[0] != "C")
    return value
