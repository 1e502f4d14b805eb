"""What the interviewer needs to know, and which question comes next."""

from collections.abc import Sequence

from core import tenancy
from interviews.models import Candidate, Competency, Interview, Question, Turn
from interviews.services import evaluations
from interviews.services.interviewer import Exchange, Probe, TurnContext, Wanted, coverage, followups

RECENT_TURNS = 3


def context(turn: Turn) -> TurnContext:
    """Everything the reply to this turn is written from."""
    interview = Interview.objects.select_related("application__job", "version").get(pk=turn.interview_id)
    turns = list(interview.turns.filter(number__lte=turn.number))
    questions = list(interview.version.questions.prefetch_related("competencies"))
    for past in turns:
        past.question = next((one for one in questions if one.pk == past.question_id), None)
    competencies, last = _competencies(questions), turns[-1].question
    to_come = [one for one in questions if last is not None and one.position > last.position]
    candidate = Candidate.objects.get(pk=interview.subject_id)
    answered = [past for past in turns if past.answer is not None]
    return TurnContext(
        interview_id=interview.pk,
        turn_id=turn.pk,
        job_title=interview.application.job.title,
        company=tenancy.current().name,
        requirements=tuple(f"{c.name}: {c.definition}" for c in competencies),
        candidate_names=(candidate.name, candidate.email),
        recent=tuple(Exchange(past.shown, past.answer or "") for past in answered[-RECENT_TURNS:]),
        questions=(*(past.shown for past in turns), *(question.text for question in to_come)),
        next_question=to_come[0].text if to_come else None,
        wanted=_wanted(interview, turns, competencies, to_come),
        jurisdiction=interview.version.jurisdiction,
        language=interview.language,
    )


def next_question(turn: Turn) -> Question | None:
    """The core question after this turn's, or None after the last one."""
    if turn.question is None:
        return None
    version, position = turn.question.version_id, turn.question.position
    return Question.objects.filter(version_id=version, position__gt=position).order_by("position").first()


def open_next(turn: Turn, *, probe: Probe | None) -> Turn | None:
    """Open the follow-up or the next core question; None after the last one."""
    question = turn.question if probe else next_question(turn)
    if question is None:
        return None
    return Turn.objects.create(
        interview_id=turn.interview_id,
        subject_id=turn.subject_id,
        number=turn.number + 1,
        kind=Turn.Kind.PROBE if probe else Turn.Kind.CORE,
        probe_kind=probe.kind if probe else "",
        question=question,
        shown=followups.shown(probe, language=turn.interview.language) if probe else question.text,
    )


def _competencies(questions: Sequence[Question]) -> list[Competency]:
    """Those of the version in their order: each has a question."""
    found = {one.pk: one for question in questions for one in question.competencies.all()}
    return sorted(found.values(), key=lambda one: one.position)


def _wanted(
    interview: Interview, turns: Sequence[Turn], competencies: Sequence[Competency], to_come: Sequence[Question]
) -> Wanted:
    """What coverage asks for after the last of these turns, within the version's caps."""
    question, version = turns[-1].question, interview.version
    if question is None:
        return Wanted()
    probes = [past for past in turns if past.kind == Turn.Kind.PROBE]
    here = [past for past in probes if past.question_id == question.pk]
    standing = coverage.Standing(
        question=question.text,
        keys=_keys(question),
        asked_kinds=frozenset(past.probe_kind for past in here),
        left=version.max_probes - len(here),
        left_in_interview=version.max_probes_interview - len(probes),
        to_come=tuple(_keys(later) for later in to_come),
        language=interview.language,
    )
    answers = [evaluations.answer_of(past) for past in turns if past.answer is not None]
    return coverage.wanted([evaluations.competency_text(row) for row in competencies], answers, standing)


def _keys(question: Question) -> tuple[str, ...]:
    return tuple(competency.key for competency in question.competencies.all())
