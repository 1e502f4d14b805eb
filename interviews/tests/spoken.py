"""A turn as the interviewer sees it, and what may be said in it."""

from dataclasses import replace
from uuid import UUID

from interviews.services.interviewer import Exchange, Probe, TurnContext, Wanted, checks

CONTEXT = TurnContext(
    interview_id=UUID("01890000-0000-7000-8000-0000000000bb"),
    turn_id=UUID(int=7),
    job_title="Baker",
    company="Acme",
    requirements=("Dough: Judges dough.", "Hygiene: Keeps allergens apart."),
    candidate_names=("Anna de Vries",),
    recent=(
        Exchange("First question?", "First answer."),
        Exchange("How do you test a dough?", "I, Anna de Vries, press it and watch how fast it comes back."),
    ),
    questions=("First question?", "How do you test a dough?", "How do you keep allergens apart?"),
    next_question="How do you keep allergens apart?",
    wanted=Wanted(("evidence", "result"), "Dough"),
    jurisdiction="",
    language="en",
)
SATISFIED = replace(CONTEXT, wanted=Wanted())
WORDED = replace(SATISFIED, every_reply=True)
NOTED = "Thank you, that is noted. The next question follows."


def refused(text: str = NOTED, probe: str = "", context: TurnContext = CONTEXT) -> str:
    """Why the words are refused, "" if they are not."""
    try:
        checks.check(text, Probe("evidence", probe) if probe else None, context)
    except checks.Refused as error:
        return error.reason
    return ""


def telling(answer: str) -> TurnContext:
    """The interview in which the candidate said this last."""
    return replace(CONTEXT, recent=(*CONTEXT.recent, Exchange("How do you keep allergens apart?", answer)))
