"""What happened in the interview before the exchanges that a prompt shows, in one line made without a model."""

from collections.abc import Sequence

from interviews.services.evaluation.types import Answer, CompetencyText
from interviews.services.interviewer import coverage, excerpts

LONGEST = 80  # characters
SHOWN_FROM = 0.5  # of a kind, to be named
KINDS = ("evidence", "ownership", "result")  # whether an answer was clear says nothing about its content


def line(competencies: Sequence[CompetencyText], answers: Sequence[Answer], *, asked: Sequence[str]) -> str:
    """Such as "Asked: ownership; Listening: result; SQL: evidence, ownership".

    The kinds of the follow-ups so far (`asked`), then the competencies of which the answers to their questions show
    something, the latest first, each with the kinds that they show; whole parts, as far as they fit.
    """
    latest = dict.fromkeys(key for answer in reversed(answers) for key in answer.competency_keys)
    names = {competency.key: competency.name for competency in competencies}
    found = coverage.account(list(latest), answers)
    shown = {names[key]: [kind for kind in KINDS if found[key][kind] >= SHOWN_FROM] for key in latest}
    parts = {"Asked": list(dict.fromkeys(asked))} | shown
    return excerpts.listed([f"{name}: {', '.join(kinds)}" for name, kinds in parts.items() if kinds], LONGEST)
