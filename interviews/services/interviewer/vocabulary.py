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
    new = sorted(word for word in said if stem(word) not in _linking() and word not in _linking())
    known = _forms(*_interview(context)) if new else frozenset()
    return next((word for word in new if stem(word) not in known and word not in known), None)


def _interview(context: TurnContext) -> list[str]:
    """Everything that was said or asked, and what the job is about."""
    exchanges = [part for exchange in context.recent for part in (exchange.question, exchange.answer)]
    about = [context.job_title, context.company, context.wanted.about, *context.requirements]
    return [*exchanges, *context.questions, *about, *context.candidate_names]


def _forms(*texts: str) -> frozenset[str]:
    """The words of the texts and their stems."""
    found = {word for text in texts for word in words(text)}
    return frozenset(found.union(map(stem, found)))


@cache
def _linking() -> frozenset[str]:
    return _forms(*phrases.data("transition_words")["words"])
