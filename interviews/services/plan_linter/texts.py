"""Private matters in what is not a question: the title, the intro, the scale, the follow-ups that were written."""

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from interviews.services.interviewer.checks import QUESTION
from interviews.services.jobs import CompetencyPlan, JobPlan, QuestionPlan
from interviews.services.plan_linter import labels, wording
from interviews.services.plan_linter.remarks import Remark, Severity


def remarks(plan: JobPlan, jurisdiction: str) -> Iterator[Remark]:
    """What touches a private matter that this jurisdiction forbids ("" = any does)."""
    yield from _told("title", plan.title, jurisdiction)
    yield from _told("intro", plan.intro, jurisdiction)
    for one in plan.competencies:
        yield from _rated(one, jurisdiction)
    for position, question in enumerate(plan.questions, 1):
        yield from _follow_ups(question, position, jurisdiction)


def _told(field: str, text: str, jurisdiction: str) -> Iterator[Remark]:
    """An error only where it asks: a job may be about such a matter, and an intro may say that nobody asks for it."""
    asks = field == "intro" and QUESTION.search(text) is not None
    severity = Severity.ERROR if asks else Severity.WARNING
    message = _("Keep to the work: this touches a private matter, %(topic)s, and %(why)s.")
    yield from _found(text, jurisdiction, severity, message, field)


def _rated(one: CompetencyPlan, jurisdiction: str) -> Iterator[Remark]:
    message = _("Rate what somebody does at work: this touches a private matter, %(topic)s, and %(why)s.")
    fields = {"name": one.name, "definition": one.definition}
    fields |= {f"anchor_{level}": anchor for level, anchor in enumerate(one.anchors, 1)}
    for field, text in fields.items():
        for remark in _found(text, jurisdiction, Severity.ERROR, message, field):
            yield replace(remark, competency=one.key)


def _follow_ups(question: QuestionPlan, position: int, jurisdiction: str) -> Iterator[Remark]:
    message = _("Ask about the work itself: this touches a private matter, %(topic)s, and %(why)s.")
    for kind, text in question.follow_ups.items():
        for remark in _found(text, jurisdiction, Severity.ERROR, message, kind):
            yield replace(remark, question=position)


def _found(text: str, jurisdiction: str, severity: Severity, message: str, field: str) -> Iterator[Remark]:
    for topic, (start, end) in wording.private_matters(text, jurisdiction):
        said = message % {"topic": labels.topic_name(topic), "why": labels.forbidden_by(jurisdiction)}
        yield Remark("illegal_topic", severity, said, start=start, end=end, field=field)
