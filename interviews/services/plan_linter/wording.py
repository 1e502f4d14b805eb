"""What the words of one question do: the remarks about its text.

The lists are English. A text that is not is read for private matters alone, and a hint says so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from interviews.services.evaluation.text import words
from interviews.services.interviewer import phrases, topics
from interviews.services.plan_linter import doubles, labels, leading, reading, supposing
from interviews.services.plan_linter.plain import FILE, Place, Plain, compiled, cut, limit, listed, plain
from interviews.services.plan_linter.remarks import Remark, Severity

OPEN = re.compile(
    rf"(?:(?:and|so|but|then|now|well)\s+)?{doubles.BEFORE}"
    rf"(?:(?:what|how|why|which|who|whom|whose)\b|(?:when|where)\s+{doubles.AUXILIARY}\b)"
)
CLAUSES = re.compile(r"[,:;]\s")
CLOSED = re.compile(rf"{doubles.AUXILIARY}\s+(?:you|your|there|it|they)\b")
# Children may be the work itself ("How do you calm a group of children?"), where nobody asks for one's own.
CHILDREN_AT_WORK = re.compile(
    r"\bhow\s+(?:do|did|have|would|can)\s+you\s+(?!(?:have|get|manage|combine|balance|juggle|raise|arrange|fit)\b)"
    r"(?:(?!your\b)[\w'-]+\s+){1,5}(?:children|kids)\b"
    r"|\b(?:work|working|worked|experience|teach|teaching|taught)\s+(?:with\s+)?(?:(?:young|small|older)\s+)?(?:children|kids)\b"
)
AROUND = " \n\t\"'()"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's text as the rules read it."""

    text: str
    sentences: tuple[Plain, ...]
    jurisdiction: str

    def first(self, name: str, harmless: str = "") -> Place | None:
        """Where the first phrase of a list stands."""
        return next((place for one in self.sentences if (place := one.found(name, harmless))), None)


def remarks(text: str, *, jurisdiction: str = "", question: int | None = None) -> tuple[Remark, ...]:
    """What to change in the words of a question, which is number `question` of its plan."""
    asked = Asked(text, cut(text), jurisdiction)
    if not asked.sentences:
        return (Remark("empty", Severity.ERROR, _("There is no question here. Write it or remove it."), question),)
    rules = ENGLISH if reading.is_english(text) else (_other_language,)
    found = (remark for rule in (_private_matters, _length, *rules) for remark in rule(asked))
    return tuple(replace(remark, question=question) for remark in found)


def is_hypothetical(text: str) -> bool:
    """Whether the question asks what somebody would do."""
    return supposing.found(cut(text)) is not None


def _remark(code: str, severity: Severity, place: Place | None, message: str) -> Iterator[Remark]:
    if place is not None:
        yield Remark(code, severity, message, start=place[0], end=place[1])


def _private_matters(asked: Asked) -> Iterator[Remark]:
    for topic, place in private_matters(asked.text, asked.jurisdiction):
        message = _("Ask about the work itself: this touches a private matter, %(topic)s, and %(why)s.") % {
            "topic": labels.topic_name(topic),
            "why": labels.forbidden_by(asked.jurisdiction),
        }
        yield from _remark("illegal_topic", Severity.ERROR, place, message)


def private_matters(text: str, jurisdiction: str) -> Iterator[tuple[str, Place]]:
    """Each forbidden matter that a text touches, once, and where."""
    read = listed("harmless_private").sub(" ; ", CHILDREN_AT_WORK.sub(" ; ", phrases.plain(text)))
    for topic, said in _touching(read, jurisdiction):
        yield topic, _place_of(said, text)


def _touching(plain_text: str, jurisdiction: str) -> Iterator[tuple[str, str]]:
    """Each forbidden matter once, by the phrases of an interviewer's replies or those for plans alone."""
    found = dict(topics.touching(plain_text, jurisdiction))
    for topic, more in phrases.data(FILE)["private"].items():
        match = compiled(tuple(more)).search(plain_text) if topic in topics.forbidden(jurisdiction) else None
        if match:
            found.setdefault(topic, match[0])
    yield from sorted(found.items())


def _place_of(said: str, text: str) -> Place:
    """Where these plain words stand; the whole text if they do not stand there in a row."""
    whole = plain(text)
    words_in_a_row = r"\s+".join(map(re.escape, said.split()))
    match = re.search(rf"(?<!\w){words_in_a_row}(?!\w)", whole.text)
    return whole.place(*match.span()) if match else (0, len(text))


def _length(asked: Asked) -> Iterator[Remark]:
    count, place = len(words(asked.text)), (0, len(asked.text))
    message = _("Use fewer words: this question has %(count)s, and more than %(most)s are hard to keep in mind.") % {
        "count": count,
        "most": int(limit("long_words")),
    }
    if count > limit("too_long_words"):
        yield from _remark("too_long", Severity.ERROR, place, message)
    elif count > limit("long_words"):
        yield from _remark("too_long", Severity.WARNING, place, message)


def _shortness(asked: Asked) -> Iterator[Remark]:
    message = _("Say what you want to hear about: a question this short is understood in many ways.")
    if len(words(asked.text)) < limit("fewest_words"):
        yield from _remark("too_short", Severity.WARNING, (0, len(asked.text)), message)


def _other_language(asked: Asked) -> Iterator[Remark]:
    message = _("The wording and the reading level of this question were not checked: the word lists are English.")
    yield from _remark("not_english", Severity.HINT, (0, len(asked.text)), message)


def _double(asked: Asked) -> Iterator[Remark]:
    message = _("Ask one thing and leave the rest to a follow-up: most people answer only one part of two.")
    yield from _remark("double_barrelled", Severity.WARNING, doubles.found(asked.sentences), message)


def _leading(asked: Asked) -> Iterator[Remark]:
    message = _("Ask openly: these words tell the candidate which answer you want, or take it for granted.")
    yield from _remark("leading", Severity.WARNING, leading.found(asked.sentences), message)


def _hypothetical(asked: Asked) -> Iterator[Remark]:
    message = _("Ask what the candidate did: what somebody would do shows no own part and no result.")
    yield from _remark("hypothetical", Severity.HINT, supposing.found(asked.sentences), message)


def _closed(asked: Asked) -> Iterator[Remark]:
    message = _("Ask openly (how, what, tell me about): this can be answered with yes or no.")
    place = next((_whole(one) for one in asked.sentences if _is_closed(one)), None)
    yield from _remark("closed", Severity.WARNING, place, message)


def _is_closed(sentence: Plain) -> bool:
    """Whether no clause of a question asks openly."""
    text = sentence.text.strip(AROUND)
    clauses = [clause.strip(AROUND) for clause in CLAUSES.split(text)]
    if doubles.is_request(sentence) or any(OPEN.match(clause) or _is_request(clause) for clause in clauses):
        return False
    return text.endswith("?") or CLOSED.match(text) is not None


def _is_request(clause: str) -> bool:
    return bool(listed("requests").match(clause) or listed("polite").match(clause))


def _whole(sentence: Plain) -> Place:
    start = len(sentence.text) - len(sentence.text.lstrip(AROUND))
    return sentence.place(start, len(sentence.text.rstrip()))


def _jargon(asked: Asked) -> Iterator[Remark]:
    message = _("Use plain words: not every good candidate speaks this jargon.")
    yield from _remark("jargon", Severity.HINT, asked.first("jargon", "harmless_jargon"), message)


def _judging(asked: Asked) -> Iterator[Remark]:
    message = _("Choose neutral words: these judge people, or ask them to praise themselves.")
    yield from _remark("judging", Severity.WARNING, asked.first("judging", "harmless_judging"), message)


def _reading_level(asked: Asked) -> Iterator[Remark]:
    found = reading.grade(asked.text)
    if found <= limit("grade") or len(words(asked.text)) < limit("grade_fewest_words"):
        return
    message = _(
        "Use shorter words and sentences: this reads like grade %(grade)s, and %(most)s is the most that helps."
    )
    numbers = {"grade": f"{found:.0f}", "most": f"{limit('grade'):.0f}"}
    yield from _remark("reading_level", Severity.WARNING, (0, len(asked.text)), message % numbers)


ENGLISH = (_shortness, _double, _leading, _hypothetical, _closed, _jargon, _judging, _reading_level)
