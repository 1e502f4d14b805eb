"""Which words may be said to a candidate: those of this interview, and those that link one question to the next.

No list foresees every judgement, promise, instruction or private matter; nearly all of them need a word that nobody
has said in this interview.
"""

from functools import cache

from interviews.services.evaluation.text import stem, words
from interviews.services.interviewer import phrases
from interviews.services.interviewer.types import TurnContext


def foreign(text: str, context: TurnContext) -> str | None:
    """A word (or figure) of the text that is neither the interview's nor one of the linking ones; None if there is
    none."""
    said = {word for word in words(text) if len(word) > 1 or not word.isascii() or word.isdigit()}
    known = _linking() | _stems(*_interview(context))
    return next((word for word in sorted(said) if stem(word) not in known and word not in known), None)


def _interview(context: TurnContext) -> list[str]:
    """Everything that was said or asked, and what the job is about."""
    exchanges = [part for exchange in context.recent for part in (exchange.question, exchange.answer)]
    about = [context.job_title, context.company, context.wanted.about, *context.requirements]
    return [*exchanges, *context.questions, *about, *context.candidate_names]


def _stems(*texts: str) -> set[str]:
    return {form for text in texts for word in words(text) for form in (word, stem(word))}


@cache
def _linking() -> frozenset[str]:
    return frozenset(_stems(*phrases.data("transition_words")["words"]))
