"""What the interviewer needs to know, and which question comes next."""

from collections.abc import Sequence
from typing import Any

from core import rows, tenancy
from interviews.models import Candidate, Interview, Turn
from interviews.services import evaluations, plans, standing
from interviews.services.interviewer import Exchange, Probe, TurnContext, Wanted, coverage, followups, sofar
from interviews.services.interviewer.types import AGAIN
from interviews.services.plans import Plan

RECENT_TURNS = 3

# By hand: every answer reads these, and building them anew costs more than the database takes for it.
ABOUT = """
    SELECT interview.id, interview.status, interview.version_id, interview.language, job.title,
           candidate.id AS candidate_id, candidate.name, candidate.email
      FROM interviews_interview interview
      JOIN interviews_application application ON application.id = interview.application_id
      JOIN interviews_job job ON job.id = application.job_id
      JOIN interviews_candidate candidate ON candidate.id = application.candidate_id
     WHERE interview.id = %s"""
SO_FAR = "SELECT * FROM interviews_turn WHERE interview_id = %s AND number <= %s ORDER BY number"


def context(turn: Turn) -> TurnContext:
    """Everything the reply to this turn is written from.

    :raises standing.Withdrawn: if the candidate withdrew while the turn waited: nobody reads the answer any more.
    """
    interview: Any = Interview.objects.raw(ABOUT, [turn.interview_id])[0]
    standing.refuse_over(interview)
    turn.interview = interview
    plan = plans.of(interview.version_id)
    turns = list(Turn.objects.raw(SO_FAR, [turn.interview_id, turn.number]))
    for past in turns:
        past.question = plan.question(past.question_id)
    to_come = plan.after(turns[-1].question)
    candidate = Candidate(id=interview.candidate_id, name=interview.name, email=interview.email)
    answered = [past for past in turns if past.answer is not None]
    wanted = _wanted(interview, turns, plan)
    return TurnContext(
        interview_id=interview.pk,
        turn_id=turn.pk,
        job_title=interview.title,
        company=tenancy.current().name,
        requirements=plan.requirements,
        candidate_names=(candidate.name, candidate.email),
        recent=tuple(Exchange(past.shown, past.answer or "") for past in answered[-RECENT_TURNS:]),
        questions=(*(past.shown for past in turns), *(question.text for question in to_come)),
        next_question=to_come[0].text if to_come else None,
        wanted=wanted,
        jurisdiction=plan.version.jurisdiction,
        language=interview.language,
        number=turn.number,
        told=coverage.told(evaluations.answer_of(answered[-1])) if answered and not wanted.kinds else (),
        shown_again=any(past.probe_kind == AGAIN and past.question_id == turns[-1].question_id for past in turns),
        every_reply=plan.version.words_every_reply,
        so_far=_so_far(interview, turns, plan) if wanted.kinds else "",
        written=turns[-1].question.follow_ups if turns[-1].question else {},
    )


def open_next(turn: Turn, *, probe: Probe | None) -> Turn | None:
    """Open the follow-up or the next core question; None after the last one."""
    plan = plans.of(turn.interview.version_id)
    asked = plan.question(turn.question_id)
    question = asked if probe else next(iter(plan.after(asked)), None)
    if question is None:
        return None
    following = Turn(
        interview_id=turn.interview_id,
        subject_id=turn.subject_id,
        number=turn.number + 1,
        kind=Turn.Kind.PROBE if probe else Turn.Kind.CORE,
        probe_kind=probe.kind if probe else "",
        question=question,
        shown=followups.shown(probe, language=turn.interview.language) if probe else question.text,
    )
    rows.insert(following)
    return following


def _wanted(interview: Interview, turns: Sequence[Turn], plan: Plan) -> Wanted:
    """What coverage asks for after the last of these turns, within the version's caps."""
    question = turns[-1].question
    if question is None:
        return Wanted()
    probes = [past for past in turns if past.kind == Turn.Kind.PROBE and past.probe_kind != AGAIN]
    here = [past for past in probes if past.question_id == question.pk]
    standing = coverage.Standing(
        question=question.text,
        keys=plan.keys[question.pk],
        asked_kinds=frozenset(past.probe_kind for past in here),
        left=plan.version.max_probes - len(here),
        left_in_interview=plan.version.max_probes_interview - len(probes),
        to_come=tuple(plan.keys[later.pk] for later in plan.after(question)),
        language=interview.language,
    )
    answers = [evaluations.answer_of(past) for past in turns if past.answer is not None]
    return coverage.wanted([evaluations.competency_text(row) for row in plan.competencies], answers, standing)


def _so_far(interview: Interview, turns: Sequence[Turn], plan: Plan) -> str:
    """The line about what the prompt no longer shows; "" where the lists of what answers show don't apply."""
    if interview.language.partition("-")[0] not in coverage.LANGUAGES:
        return ""
    answers = [evaluations.answer_of(past) for past in turns if past.answer is not None]
    asked = [past.probe_kind for past in turns if past.kind == Turn.Kind.PROBE and past.probe_kind != AGAIN]
    return sofar.line([evaluations.competency_text(row) for row in plan.competencies], answers, asked=asked)
