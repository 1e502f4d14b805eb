"""What the interviewer needs to know, and which question comes next."""

from core import tenancy
from interviews.models import Candidate, Interview, Question, Turn
from interviews.services.interviewer import Exchange, TurnContext

RECENT_TURNS = 3


def context(turn: Turn) -> TurnContext:
    """Everything the reply to this turn is written from."""
    interview = Interview.objects.select_related("application__job", "version").get(pk=turn.interview_id)
    recent = list(
        interview.turns.filter(number__lte=turn.number, answer__isnull=False).order_by("-number")[:RECENT_TURNS]
    )[::-1]
    following = next_question(turn)
    candidate = Candidate.objects.get(pk=interview.subject_id)
    return TurnContext(
        interview_id=interview.pk,
        turn_id=turn.pk,
        job_title=interview.application.job.title,
        company=tenancy.current().name,
        requirements=tuple(f"{c.name}: {c.definition}" for c in interview.version.competencies.all()),
        candidate_names=(candidate.name, candidate.email),
        recent=tuple(Exchange(past.shown, past.answer or "") for past in recent),
        next_question=following.text if following else None,
        may_probe=_may_probe(turn, interview.version.max_probes),
        language=interview.language,
    )


def next_question(turn: Turn) -> Question | None:
    """The core question after this turn's, or None after the last one."""
    if turn.question is None:
        return None
    version, position = turn.question.version_id, turn.question.position
    return Question.objects.filter(version_id=version, position__gt=position).order_by("position").first()


def open_next(turn: Turn, *, probe: str | None) -> Turn | None:
    """Open the follow-up or the next core question; None after the last one."""
    following = None if probe else next_question(turn)
    question = turn.question if probe else following
    shown = probe or (following.text if following else None)
    if shown is None:
        return None
    return Turn.objects.create(
        interview_id=turn.interview_id,
        subject_id=turn.subject_id,
        number=turn.number + 1,
        kind=Turn.Kind.PROBE if probe else Turn.Kind.CORE,
        question=question,
        shown=shown,
    )


def _may_probe(turn: Turn, most: int) -> bool:
    """Whether the core question this turn belongs to may get another follow-up."""
    asked = Turn.objects.filter(interview_id=turn.interview_id, question=turn.question, kind=Turn.Kind.PROBE).count()
    return asked < most
