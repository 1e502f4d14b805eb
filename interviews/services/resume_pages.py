"""A resume as people read it: audited, then its visible text, apart from it what is hidden, and the summary."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from core import audit
from interviews.models import Competency, Interview, Resume, ResumeSummary
from interviews.selectors import people, proposal, resumes, scope, workspace
from interviews.services import resume_summaries, standing
from interviews.services.reading import NotFound
from interviews.services.resume_access import may_upload, require_reader
from interviews.services.resume_summaries import making
from interviews.services.resume_summaries.types import LABELS, SECTIONS, Entry, Place, Summary
from interviews.services.resumes.refusals import HIDDEN, IGNORED
from keys import ring
from keys.box import CannotOpen

MOST_EARLIER = 20
Status = ResumeSummary.Status


def open_resume(*, by: User, interview_id: UUID, resume_id: UUID | None = None) -> dict[str, Any]:
    """The page of the newest resume of this interview's application, or of an earlier upload of it.

    :raises NotFound: if there is no such interview or upload for this person.
    :raises accounts.roles.NotPermitted: if the role reads no resume.
    """
    require_reader(by)
    related = ("application__job", "version")
    interview = scope.interviews_of(by).select_related(*related).filter(pk=interview_id).first()
    if interview is None:
        raise NotFound
    uploads = resumes.of_application(interview)
    chosen = uploads.first() if resume_id is None else uploads.filter(pk=resume_id).first()
    if chosen is None and resume_id is not None:
        raise NotFound
    audit.record("resume.viewed", interview, resume=str(chosen.pk) if chosen else "")
    over = interview.status in standing.OVER
    shown = {
        "interview": {"id": interview.pk},
        "candidate": {"name": people.names([interview.subject_id])[interview.subject_id]},
        "job": {"id": interview.application.job_id, "title": interview.application.job.title},
        "version_number": interview.version.number,
        "may_upload": may_upload(by) and not over,
        "over": over,
        "resume": None,
    }
    if chosen is not None:
        try:
            shown |= _resume(chosen, interview, by) | {"earlier": _earlier(uploads, chosen)}
        except (ring.KeyDestroyed, CannotOpen):
            shown["erased"] = True
    return shown


def is_awaited(*, by: User, interview_id: UUID, resume_id: UUID | None = None) -> bool:
    """Whether the page of this resume waits for its summary. Nothing of anybody is read, so nothing is audited.

    :raises NotFound: if there is no such interview for this person.
    :raises accounts.roles.NotPermitted: if the role reads no resume.
    """
    require_reader(by)
    interview = scope.interviews_of(by).filter(pk=interview_id).first()
    if interview is None:
        raise NotFound
    return resumes.is_awaited(interview, viewer=by, resume_id=resume_id)


def _resume(row: Resume, interview: Interview, by: User) -> dict[str, Any]:
    made, locked = resumes.summary(row, interview, viewer=by)
    summary = making.from_json(made.findings) if made and made.status == Status.READY else None
    marked, strong = (_quoted(summary), _matched(summary)) if summary else ([], [])
    return {
        "resume": {
            "id": row.pk,
            "file_name": row.file_name,
            "kind": row.kind.upper(),
            "pages": row.pages,
            "uploaded_by": str(row.uploaded_by),
            "uploaded_at": row.uploaded_at,
            "text": list(_pages(row, marked, strong)),
            "unreadable": row.unreadable,
            "ignored": [IGNORED[name] for name in row.ignored if name in IGNORED],
        },
        "hidden": [{"page": page, "reason": HIDDEN[why], "text": said} for page, why, said in json.loads(row.hidden)],
        "more_hidden": row.more_hidden,
        "locked": locked,
        "summary": {} if locked else _summary(made, summary, row, interview),
    }


def _earlier(uploads: "QuerySet[Resume]", chosen: Resume) -> list[dict[str, Any]]:
    """The other uploads, newest first."""
    rows = uploads.exclude(pk=chosen.pk).defer("text", "hidden", "paragraphs")[:MOST_EARLIER]
    return [
        {"id": row.pk, "file_name": row.file_name, "at": row.uploaded_at, "by": str(row.uploaded_by)} for row in rows
    ]


def _quoted(summary: Summary) -> list[Place]:
    """Every place that the summary shows, each once."""
    entries = (entry for name in SECTIONS for entry in summary.sections[name])
    shown = {place for entry in entries for place in entry.quotes}
    return sorted(shown.union(*summary.requirements.values(), summary.left_out))


def _matched(summary: Summary) -> list[Place]:
    """The places that speak to a requirement: only these stand out in the text."""
    return [place for places in summary.requirements.values() for place in places]


def _pages(row: Resume, marked: list[Place], strong: list[Place]) -> Iterator[dict[str, Any]]:
    """The text by pages and paragraphs, cut where marked places begin and end."""
    for page, paragraphs in groupby(row.paragraphs, key=lambda paragraph: paragraph[0]):
        cut = [_paragraph(row.text, start, end, marked, strong) for _, start, end in paragraphs]
        yield {"number": page, "paragraphs": cut}


def _paragraph(text: str, start: int, end: int, marked: list[Place], strong: list[Place]) -> list[dict[str, Any]]:
    within = [(max(a, start), min(b, end)) for a, b in marked if a < end and start < b]
    pieces, at = workspace.segments(text[start:end], [(a - start, b - start) for a, b in within], 0), start
    for piece in pieces:
        piece["quote_id"] = _anchor(at) if piece["quote_id"] else None
        piece["strong"] = any(a <= at and at + len(piece["text"]) <= b for a, b in strong)
        at += len(piece["text"])
    return pieces


def _anchor(start: int) -> str:
    return proposal.quote_id(0, start)


def _summary(
    row: ResumeSummary | None, summary: Summary | None, resume: Resume, interview: Interview
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "status": row.status if row else "",
        "being_made": row is not None and row.status in resumes.AWAITED,
        "can_ask": resume_summaries.can_ask(row),
    }
    if row is None or summary is None:
        return shown
    text = resume.text
    return shown | {
        "mode": row.mode,
        "recipe": row.recipe,
        "model": row.model,
        "trouble": bool(row.error),
        "sections": [_section(name, summary, text) for name in SECTIONS],
        "requirements": [_requirement(one, summary, text) for one in interview.version.competencies.all()],
        "left_out": [_quote(place, text) for place in summary.left_out],
        "dropped": sum(summary.dropped.values()),
    }


def _section(name: str, summary: Summary, text: str) -> dict[str, Any]:
    return {"name": name, "entries": [_entry(name, entry, text) for entry in summary.sections[name]]}


def _entry(section: str, entry: Entry, text: str) -> dict[str, Any]:
    labels = {name: _words(entry.labels[name], text) for name in LABELS[section] if name in entry.labels}
    where = labels.get("employer") or labels.get("school") or ""
    quotes = [_quote(place, text) for place in entry.quotes]
    title = labels.get("title") or (quotes[0]["text"] if quotes else "")
    return {"title": title, "where": where, "dates": labels.get("dates", ""), "quotes": quotes}


def _requirement(competency: Competency, summary: Summary, text: str) -> dict[str, Any]:
    quotes = [_quote(place, text) for place in summary.requirements.get(competency.key, ())]
    return {"name": competency.name, "definition": competency.definition, "quotes": quotes}


def _quote(place: Place, text: str) -> dict[str, str]:
    return {"id": _anchor(place[0]), "text": _words(place, text)}


def _words(place: Place, text: str) -> str:
    return " ".join(text[place[0] : place[1]].split())
