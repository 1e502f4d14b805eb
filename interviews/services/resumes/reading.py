"""From a file to a resume."""

from pathlib import PurePath
from typing import Any

from core import pool
from interviews.services.resumes import process
from interviews.services.resumes.refusals import Refused
from interviews.services.resumes.sandboxed import bounds, kinds
from interviews.services.resumes.types import Hidden, Paragraph, Resume

BETWEEN = "\n\n"


def read(content: bytes, *, filename: str) -> Resume:
    """Read a PDF or DOCX that a stranger sent. Takes up to 15 seconds in a process of its own; no connection is held.

    :raises Refused: if it is not read; its text says what to do.
    :raises core.pool.HeldDuringCall: inside a transaction.
    """
    kind = _kind(content, filename)
    pool.give_back()
    return _resume(process.read(content, kind=kind))


def _kind(content: bytes, filename: str) -> str:
    """:raises Refused: by what can be seen without unpacking anything."""
    if len(content) > bounds.MAX_BYTES:
        raise Refused("too_large")
    kind = kinds.of(content)
    if kind == "protected":
        raise Refused("encrypted")
    if kind not in (kinds.PDF, kinds.DOCX):
        raise Refused("wrong_kind", kind) if kind else Refused("empty")
    suffix = PurePath(filename).suffix.lower()
    if suffix == ".docm":
        raise Refused("macros")
    if suffix in (".pdf", ".docx") and suffix != f".{kind}":
        raise Refused("mislabelled", suffix)
    if kinds.is_two_at_once(content, kind):
        raise Refused("two_kinds")
    return kind


def _resume(found: dict[str, Any]) -> Resume:
    paragraphs, at = [], 0
    for page, text in found["paragraphs"]:
        paragraphs.append(Paragraph(page, at, at + len(text)))
        at += len(text) + len(BETWEEN)
    text = BETWEEN.join(text for _, text in found["paragraphs"])
    return Resume(
        kind=found["kind"],
        text=text,
        paragraphs=tuple(paragraphs),
        hidden=tuple(Hidden(page, reason, said) for page, reason, said in found["hidden"]),
        pages=found["pages"],
        characters=len(text),
        more_hidden=found["more_hidden"],
        unreadable=found["unreadable"],
        ignored=tuple(found["ignored"]),
    )
