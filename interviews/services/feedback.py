"""Feedback letters: a named person looks at one and releases it; then its candidate can read it."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.roles import Permission
from core import audit
from interviews.models import Evaluation, FeedbackLetter, Interview, Review
from interviews.selectors import contested, scope
from interviews.selectors import feedback as letters
from interviews.services import feedback_text, invitations, mail, standing
from interviews.services.afterwards import RATEABLE


class NotReleasable(Exception):
    """There is no letter to release; `reason` says why, in words for the person who asked."""

    def __init__(self, reason: str | Promise) -> None:
        super().__init__(str(reason))
        self.reason = str(reason)


class LetterChanged(Exception):
    """The letter is not the one that this person saw, or another one was released meanwhile; look at it first."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter as it would be released; `seen` names exactly this text."""

    evaluation: Evaluation
    text: str
    seen: str


def draft(interview: Interview, *, by: User) -> Draft:
    """The letter on the current evaluation, made anew each time.

    :raises NotReleasable: if it is too early for one, or too late.
    """
    if interview.status not in RATEABLE:
        raise NotReleasable(_("There is a letter once the interview is over."))
    if not _has_reviewed(interview, by):
        raise NotReleasable(_("Submit your own review first."))
    if contested.is_open(interview.pk):
        raise NotReleasable(_("The candidate contests a question. Look at that first."))
    evaluation = _ready(interview)
    answers = {turn.pk: turn.answer or "" for turn in interview.turns.filter(answer__isnull=False)}
    text = feedback_text.write(interview, feedback_text.content(evaluation, answers))
    return Draft(evaluation, text, hashlib.sha256(text.encode()).hexdigest())


def panel(interview: Interview, *, by: User) -> dict[str, Any] | None:
    """What the interview's page offers who may release a letter: the one that stands, and the one to release.

    None before the person's own review is in: a letter tells what the evaluation found.
    """
    if not by.may(Permission.DECIDE) or not _has_reviewed(interview, by):
        return None
    released, made, why_not = letters.current(interview), None, ""
    try:
        made = draft(interview, by=by)
    except NotReleasable as error:
        why_not = error.reason
    same = released is not None and made is not None and _is_of(released, made)
    return {"released": released, "draft": None if same else made, "why_not": why_not}


def _has_reviewed(interview: Interview, by: User) -> bool:
    return Review.objects.filter(interview=interview, reviewer=by, status=Review.Status.SUBMITTED).exists()


def _is_of(letter: FeedbackLetter, made: Draft) -> bool:
    return letter.text == made.text and letter.evaluation_id == made.evaluation.pk


def _ready(interview: Interview) -> Evaluation:
    found = Evaluation.objects.filter(interview=interview, status=Evaluation.Status.READY)
    evaluation = found.prefetch_related("ratings__competency", "ratings__quotes__turn").first()
    if evaluation is None:
        raise NotReleasable(_("A letter needs a finished evaluation that is not provisional."))
    return evaluation


def release(*, interview_id: UUID, by: User, seen: str) -> FeedbackLetter:
    """Let the candidate read the letter that `seen` names, and write to them that there is one.

    It takes the place of the one before, which is kept. The same letter again is the same click.

    :raises NotReleasable, LetterChanged, interviews.services.standing.Withdrawn: with nothing changed.
    :raises Interview.DoesNotExist: if there is no such interview for this person.
    :raises accounts.roles.NotPermitted: if the role may not.
    """
    by.require(Permission.DECIDE)
    related = ("application__job", "application__candidate")
    interview = scope.interviews_of(by).select_related(*related).get(pk=interview_id)
    try:
        with transaction.atomic():
            interview.status = standing.hold(interview.pk, alone=True)  # no contest is made meanwhile
            return _release(interview, by, seen)
    except IntegrityError as error:
        raise LetterChanged from error


def _release(interview: Interview, by: User, seen: str) -> FeedbackLetter:
    made = draft(interview, by=by)
    if made.seen != seen:
        raise LetterChanged
    before = letters.current(interview)
    if before is not None and _is_of(before, made):
        return before
    letter = FeedbackLetter.objects.create(
        interview=interview,
        evaluation=made.evaluation,
        subject_id=interview.subject_id,
        text=made.text,
        released_by=by,
        supersedes=before,
    )
    audit.record("letter.released", letter, evaluation=str(made.evaluation.pk))
    mail.owe(
        kind="feedback",
        interview=interview,
        recipient=interview.application.candidate.email,
        context={"job_title": interview.application.job.title, "link": invitations.another_link(interview, by=by)},
    )
    return letter
