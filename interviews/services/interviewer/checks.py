"""What a model's words must pass before a candidate reads them.

The text is judged sentence by sentence, each with what was released before it, so that a phrase which spans two
sentences is caught with the second; a follow-up is judged as a whole.
"""

import re

from interviews.services.evaluation.lexicon import folded, lexicon
from interviews.services.interviewer import phrases, sentences, topics, vocabulary
from interviews.services.interviewer.types import Probe, TurnContext

JUDGING = "judging_words"
LONGEST_TEXT = 400
LONGEST_PROBE = 300
SAME_QUESTION = 0.7  # share of a probe's words that an earlier question had
LINKS = re.compile(r"\w:/|www\.|[<>{}\[\]`]|\w@\w", re.IGNORECASE)
QUESTION = re.compile(r"[?？؟⁇⁈⁉‽\u037e]")
# A follow-up asks openly about what was told. Asking whether somebody is, has or did something is how one asks
# about the person, and in whatever words no list of private matters has foreseen.
OPEN = re.compile(
    r"(?:(?:and|so|then|but) )?"
    r"(?:(?:(?:in|at|on|for|to|from|by|with|after|before|about|until) )?"
    r"(?:what|how|which|who|whom|whose|when|where|why)"
    r"|(?:can|could|would|will) you (?:please )?(?:give|describe|tell|explain|say|walk|name|show|share|add|go))\b"
)


class Refused(Exception):
    """The model's words are not shown; `reason` is the check they failed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check(text: str, asked: Probe | None, context: TurnContext) -> None:
    """The whole of a reply at once.

    :raises Refused: with the first check that failed.
    """
    _refuse_if(not text.strip(), "empty")
    sentence(text, before="", context=context)
    if asked is not None:
        probe(asked, context)


def sentence(sentence: str, *, before: str, context: TurnContext) -> None:
    """A piece of the text, given what was released `before` it; pieces join without anything between them.

    :raises Refused: with the first check that failed; then nothing of `sentence` may be shown.
    """
    said = before + sentence
    _refuse_if(len(said) > LONGEST_TEXT, "length")
    _refuse_if(QUESTION.search(sentence) is not None, "question")
    _check_form(said)
    _refuse_if(judging(said), "judgement")
    _refuse_if(topics.touched(said, context.jurisdiction) is not None, "illegal_topic")
    _refuse_if(vocabulary.foreign(sentence, context) is not None, "foreign_word")


def probe(asked: Probe, context: TurnContext) -> None:
    """A follow-up: of a wanted kind, one open question, not asked before, about nothing private.

    :raises Refused: with the first check that failed.
    """
    text = asked.text
    _refuse_if(asked.kind not in context.wanted.kinds, "probe_not_allowed")
    _refuse_if(not text.strip(), "empty")
    _refuse_if(len(text) > LONGEST_PROBE, "length")
    _refuse_if(len(QUESTION.findall(text)) != 1 or not QUESTION.match(text.rstrip()[-1]), "not_one_question")
    _refuse_if(any(_is_same(text, question) for question in context.questions), "asked_before")
    _check_form(text)
    _refuse_if(_found("anywhere", text), "judgement")
    _refuse_if(topics.touched(text, context.jurisdiction) is not None, "illegal_topic")
    _refuse_if(not is_open(text), "closed_question")
    _refuse_if(vocabulary.foreign(text, context) is not None, "foreign_word")


def judging(text: str) -> bool:
    """Whether a transition judges, praises, promises or claims to be a person.

    Each sentence must begin as a transition does ("You described", "The next question"): how else a judgement
    may be worded, no list could foresee.
    """
    if any(_found(where, text) for where in ("anywhere", "in_text")):
        return True
    begins = phrases.pattern(JUDGING, "may_begin")
    pieces, _ = sentences.split(text, final=True)
    return not all(begins.match(phrases.plain(piece).strip(" \"'(")) for piece in pieces if piece.strip())


def is_open(question: str) -> bool:
    """Whether its last sentence asks what, how, who, when, where or why, or for a description."""
    asked = re.split(r"[.!:]\s+", phrases.plain(question).strip())[-1]
    return any(OPEN.match(clause) for clause in (asked, asked.rpartition(", ")[2]))


def _check_form(text: str) -> None:
    _refuse_if(LINKS.search(text) is not None or not text.isprintable(), "form")


def _found(where: str, text: str) -> bool:
    plain = phrases.pattern(JUDGING, "harmless").sub(" ; ", phrases.plain(text))
    return phrases.pattern(JUDGING, where).search(plain) is not None


def _is_same(probe: str, question: str) -> bool:
    mine, theirs = set(lexicon().content(probe)), set(lexicon().content(question))
    if not mine:
        return folded(probe).strip(" ?") == folded(question).strip(" ?")
    return len(mine & theirs) >= SAME_QUESTION * len(mine)


def _refuse_if(failed: bool, reason: str) -> None:
    if failed:
        raise Refused(reason)
