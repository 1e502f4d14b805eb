"""Beta gets what alpha holds, row by row under the same keys, with a canary of its own."""

from typing import Any
from uuid import UUID

from django.db import models

from accounts.models import User
from billing.services import periods
from compliance.models import Consent
from core import tenancy
from core.testing import HOME, OTHER
from interviews.models import (
    Application,
    Candidate,
    CandidateRequest,
    Competency,
    CompetencyRating,
    Consensus,
    ConsensusRating,
    ConsensusReview,
    Contest,
    Decision,
    Disagreement,
    Evaluation,
    FeedbackLetter,
    Finding,
    Interview,
    InterviewAssignment,
    Invitation,
    Job,
    JobAssignment,
    JobVersion,
    Mail,
    ModelFigures,
    PlanDraft,
    Question,
    QuestionFlag,
    QuestionThumb,
    Quote,
    Resume,
    ResumeSummary,
    Retest,
    ReturnAssumptions,
    Review,
    ReviewRating,
    Turn,
    TurnedAway,
)
from interviews.services import (
    links,
)
from keys import index, ring
from tests.two_tenants import CANARY, World

TABLES: tuple[type[models.Model], ...] = (
    *(User, Job, JobVersion, Competency, Question, Candidate, Application, Interview, Invitation, CandidateRequest),
    *(Turn, QuestionFlag, Evaluation, CompetencyRating, Quote, Finding, Review, ReviewRating),
    *(Disagreement, Consensus, ConsensusReview, ConsensusRating, Decision, Mail, Consent),
    *(ModelFigures, Retest, JobAssignment, InterviewAssignment, PlanDraft, Resume, ResumeSummary),
    *(QuestionThumb, Contest, FeedbackLetter, ReturnAssumptions, TurnedAway),
)


def mirror(world: World) -> dict[str, str]:
    """Give beta the same rows under the same keys.

    :returns: beta's own secrets of the links, by the interview's name.
    """
    rows = {model: [_values(row) for row in model._default_manager.order_by("pk")] for model in TABLES}
    asked = {row.pk: [one.pk for one in row.competencies.all()] for row in Question.objects.all()}
    tokens = {name: f"{OTHER}-{token}" for name, token in world.tokens.items()}
    with tenancy.enter(OTHER):
        periods.current()
        for model in TABLES:
            for values in rows[model]:
                _insert(model, values)
            if model is Question:
                _publish(rows, asked)
        for name, token in tokens.items():
            Invitation.objects.filter(pk=world.invitations[name].pk).update(token_hash=links.hash_token(token))
    return tokens


def _values(row: models.Model) -> dict[str, Any]:
    """The row's values, opened, with the other tenant's canary."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    swapped = {
        name: text.replace(CANARY[HOME], CANARY[OTHER]) for name, text in values.items() if isinstance(text, str)
    }
    return values | swapped


def _insert(model: type[models.Model], values: dict[str, Any]) -> None:
    if model is Job:
        values = values | {"status": Job.Status.DRAFT, "current_version_id": None}
    if model is JobVersion:
        values = values | {"published_at": None}
    if model is Candidate:
        ring.create_subject_key(tenancy.tenant_id(), values["id"])
        values = values | {"email_index": index.email(values["email"])}
    model(**values).save(force_insert=True)


def _publish(rows: dict[type[models.Model], list[dict[str, Any]]], asked: dict[UUID, list[UUID]]) -> None:
    """A version is frozen once it is published, and a job is open once its version stands."""
    for question_id, competency_ids in asked.items():
        Question.objects.get(pk=question_id).competencies.set(Competency.objects.filter(pk__in=competency_ids))
    for version in rows[JobVersion]:
        JobVersion.objects.filter(pk=version["id"]).update(published_at=version["published_at"])
    for job in rows[Job]:
        Job.objects.filter(pk=job["id"]).update(status=job["status"], current_version=job["current_version_id"])
