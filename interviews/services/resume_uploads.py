"""Uploading a resume: read at once in a process of its own, and what it says is stored; the file itself is not kept."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from uuid import UUID

import structlog
from django.db import transaction

from accounts.models import User
from core import audit, pool
from interviews.models import Application, Interview, Resume
from interviews.selectors import resumes as stored
from interviews.selectors import scope
from interviews.services import resume_summaries, resumes, standing
from interviews.services.resume_access import require_uploader
from keys import index

AT_ONCE = 2  # readers of this process: each may take 700 MB and 15 seconds
WAITS_SECONDS = 1.0  # most files are read in a fifth of a second
LONGEST_NAME = 120

log = structlog.get_logger()
_readers = threading.BoundedSemaphore(AT_ONCE)


class Busy(Exception):
    """As many resumes as may be are being read at this moment."""


def upload(*, interview_id: UUID, content: bytes, filename: str, by: User) -> Resume:
    """Read the file and store what it says for this interview's application; the same file again changes nothing.

    No connection is held while it is read. Earlier uploads are kept as they are.

    :raises interviews.services.resumes.Refused: if it is not read; its text says what to do.
    :raises Busy: to be tried again in a moment.
    :raises interviews.services.standing.Withdrawn: if the candidate withdrew or was erased.
    :raises accounts.roles.NotPermitted, Interview.DoesNotExist: with nothing stored, as for all of these.
    """
    require_uploader(by)
    interview = scope.interviews_of(by).get(pk=interview_id)
    standing.refuse_over(interview)
    found = _read(content, filename)
    with transaction.atomic():
        standing.hold(interview_id)
        Application.objects.select_for_update(no_key=True).get(pk=interview.application_id)  # one upload after another
        return _store(interview, found, content, filename, by)


def _read(content: bytes, filename: str) -> resumes.Resume:
    pool.give_back()
    with _place():
        try:
            return resumes.read(content, filename=filename)
        except resumes.Refused as refusal:
            log.info("resume_refused", reason=refusal.reason)
            raise


@contextmanager
def _place() -> Iterator[None]:
    """:raises Busy: if none gets free."""
    if not _readers.acquire(timeout=WAITS_SECONDS):
        raise Busy
    try:
        yield
    finally:
        _readers.release()


def _store(interview: Interview, found: resumes.Resume, content: bytes, filename: str, by: User) -> Resume:
    file_index = index.content(content, of="resume-file")
    newest = stored.of_application(interview).first()
    if newest is not None and newest.file_index == file_index:
        return newest
    row = Resume.objects.create(
        candidate_id=interview.subject_id,
        application_id=interview.application_id,
        subject_id=interview.subject_id,
        file_index=file_index,
        text_index=index.content(found.text.encode(), of="resume-text"),
        file_name=_shown(filename),
        kind=found.kind,
        size=len(content),
        pages=found.pages,
        text=found.text,
        paragraphs=[[one.page, one.start, one.end] for one in found.paragraphs],
        hidden=json.dumps([[one.page, one.reason, one.text] for one in found.hidden], ensure_ascii=False),
        more_hidden=found.more_hidden,
        unreadable=found.unreadable,
        ignored=list(found.ignored),
        uploaded_by=by,
    )
    audit.record("resume.uploaded", row, interview=str(interview.pk), kind=found.kind, pages=found.pages)
    resume_summaries.owe(row, interview)
    return row


def _shown(filename: str) -> str:
    """The name of the file as it is shown: no folder, nothing that cannot be seen, not too long."""
    name = "".join(character for character in PurePath(filename).name if character.isprintable())
    suffix = PurePath(name).suffix[:10]
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - len(suffix) - 1] + "…" + suffix
