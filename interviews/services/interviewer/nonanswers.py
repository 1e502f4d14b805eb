"""Messages that answer no question: a greeting, an acknowledgement, a wish to wait or to read the question again.

In doubt a message is an answer: every clause of it must be such a phrase from end to end, and where the question can
be answered with a word, "sure" answers it. The phrases are English; in another language every message is an answer.
"""

import re
from functools import cache

from interviews.services.evaluation.text import words
from interviews.services.interviewer import checks, phrases
from interviews.services.interviewer.types import TurnContext

FILE = "non_answers"
KINDS = ("repeat", "pause", "greeting", "acknowledgement")  # where several are said, the first of these counts
LANGUAGES = ("en",)
LONGEST = 200  # characters
CLAUSES = re.compile(r"[^\w\s'’-]+|\s-+\s|\n")
# What a question begins with that "ok" may answer.
CLOSED = re.compile(
    r"(?:and |so |but )?(?:am|are|is|was|were|do|does|did|have|has|had|can|could|may|might|shall|should|will|would)\b"
)


def kind(context: TurnContext) -> str:
    """One of KINDS if the last message is none but that, "" if it is an answer."""
    if context.language.partition("-")[0] not in LANGUAGES or not context.recent:
        return ""
    said = context.recent[-1]
    found = _kinds(said.answer)
    if not found or (found == {"acknowledgement"} and _takes_a_word(said.question)):
        return ""
    return next(one for one in KINDS if one in found)


def _kinds(text: str) -> set[str]:
    """The kinds of all clauses; empty where one of them is of none."""
    if len(text) > LONGEST or len(words(text)) > phrases.data(FILE)["longest"]:
        return set()
    clauses = [" ".join(clause.split()) for clause in CLAUSES.split(phrases.plain(text))]
    found = {_kind(clause) for clause in clauses if clause}
    return set() if "" in found else found


def _kind(clause: str) -> str:
    bare = " ".join(phrases.pattern(FILE, "around").sub(" ", clause).split()) or "thanks"
    return next((one for one in KINDS if {clause, bare} & _whole(one)), "")


def _takes_a_word(question: str) -> bool:
    """Whether the question can be answered by yes or no."""
    asked = re.split(r"[.!:?]\s+", phrases.plain(question).strip())[-1]
    return CLOSED.match(asked) is not None and not checks.is_open(question)


@cache
def _whole(kind: str) -> frozenset[str]:
    return frozenset(phrases.data(FILE)[kind])
