"""The part of an answer that a follow-up can be about, where all of it would be too long to send."""

import re
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from interviews.services.evaluation import features, relevance
from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.text import Sentence, sentences
from interviews.services.evaluation.types import Answer, CompetencyText

GAP = " ... "
LAST_WORD = re.compile(r"\s+\S*$")


def excerpt(text: str, *, question: str, about: str, longest: int) -> str:
    """The sentences that matter most for `about` (a competency's name and definition), in their order.

    All of the text where it has no more than `longest` characters. Otherwise sentences that are no evidence (praise
    of oneself, words addressed to whoever scores) are left out, unless nothing else was said.
    """
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    chosen: list[Sentence] = []
    for sentence in _by_worth(text, question, about):
        if len(_joined([*chosen, sentence])) <= longest:
            chosen.append(sentence)
    return _joined(chosen) if chosen else shortened(_by_worth(text, question, about)[0].text, longest)


def shortened(text: str, longest: int) -> str:
    """The text up to its last whole word that fits."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    return LAST_WORD.sub("", text[: longest - len(GAP) + 2]) + GAP.rstrip()


def asked(question: str, longest: int) -> str:
    """What a question comes to: its last sentence, as far as it fits. Before it stands what led there."""
    found = list(sentences(question))
    return shortened(found[-1].text if found else question, longest)


def listed(parts: Sequence[str], longest: int) -> str:
    """The first parts that fit, with semicolons."""
    text = ""
    for part in parts:
        longer = f"{text}; {part}" if text else part
        if len(longer) > longest and text:
            break
        text = longer
    return shortened(text, longest)


def _by_worth(text: str, question: str, about: str) -> list[Sentence]:
    """The sentences that are evidence, else all of them; the one that matters most first."""
    answer = Answer(turn_id=UUID(int=0), question=question, text=text, competency_keys=())
    scale, asked = _scale(about), frozenset(lexicon().content(question))

    def worth(sentence: Sentence) -> float:
        _, score = features.score(sentence.text, asked)
        return score + relevance.overlap(frozenset(lexicon().content(sentence.text)), scale)

    found = features.read([answer])[0].sentences or tuple(sentences(text))
    return sorted(found, key=worth, reverse=True)


def _scale(about: str) -> relevance.Scale:
    name, _, definition = about.partition(":")
    none = ("", "", "", "", "")
    text = CompetencyText("about", name, definition, anchors=none, dimension="", weight=Decimal(1))
    return relevance.scales([text])["about"]


def _joined(chosen: list[Sentence]) -> str:
    """The sentences in their order, with a mark where something is left out."""
    text, end = "", 0
    for sentence in sorted(chosen, key=lambda one: one.start):
        text += ("" if sentence.start == 0 else " " if sentence.start <= end + 1 else GAP) + sentence.text
        end = sentence.end
    return text.strip()
