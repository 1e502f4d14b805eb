"""Quotes of a model: located in an answer that was sent, in the candidate's own words, shown in whole sentences."""

from collections.abc import Mapping, Sequence

from interviews.services.evaluation import locate
from interviews.services.evaluation.inquiry import Inquiry, Sent
from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.text import sentences, words
from interviews.services.evaluation.types import Answer, Span

LONGEST = 500  # characters that a quote is shown with; a longer sentence stays cut
FEWEST_WORDS = 5
BORROWED_SHARE = 0.8  # of a quote's content, in the question that it answers
BORROWED_RUN = 8  # words in a row from an anchor: nobody's own


def located(quotes: Sequence[Mapping[str, str]], sent: Sent, inquiry: Inquiry) -> tuple[Span, ...]:
    """The quotes that stand word for word in an answer that was sent, the named one first; each place once."""
    named = dict(sent)
    spans: list[Span] = []
    for quote in quotes:
        first = [named[quote["answer"]]] if quote["answer"] in named else []
        span = _own(quote["text"], [*first, *(answer for _id, answer in sent)], inquiry)
        if span is not None and span not in spans:
            spans.append(span)
    return tuple(spans)


def apart(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The spans that share no word with one before them."""
    kept: list[Span] = []
    for span in spans:
        if not any(_overlap(span, other) for other in kept):
            kept.append(span)
    return tuple(kept)


def _own(text: str, answers: Sequence[Answer], inquiry: Inquiry) -> Span | None:
    """Where the candidate says it, in words that are neither an order, nor the question's, nor the scale's."""
    span = locate.find(text, answers)
    if span is None or not _is_long_enough(text):
        return None
    answer = next(one for one in answers if one.turn_id == span.turn_id)
    whole = _sentences_of(span, answer)
    if answer in inquiry.answers and _gives_orders(whole, answer, inquiry):
        return None
    said = answer.text[span.start : span.end]
    return None if _is_the_questions(said, answer) or _is_the_scales(said, inquiry) else whole


def _gives_orders(span: Span, answer: Answer, inquiry: Inquiry) -> bool:
    cleared = inquiry.blanked.get(answer.turn_id, answer.text)
    return cleared[span.start : span.end] != answer.text[span.start : span.end]


def _is_long_enough(text: str) -> bool:
    return len(text.split()) >= FEWEST_WORDS or any(map(locate.is_without_spaces, text))


def _sentences_of(span: Span, answer: Answer) -> Span:
    """The sentences that it is of, so that no "never" is left out before it."""
    touched = [one for one in sentences(answer.text) if one.start < span.end and span.start < one.end]
    start = min((one.start for one in touched), default=span.start)
    end = max((one.end for one in touched), default=span.end)
    return Span(span.turn_id, start, end) if end - start <= max(LONGEST, span.end - span.start) else span


def _is_the_questions(said: str, answer: Answer) -> bool:
    content, asked = lexicon().content(said), set(lexicon().content(answer.question))
    return bool(content) and sum(stem in asked for stem in content) >= BORROWED_SHARE * len(content)


def _is_the_scales(said: str, inquiry: Inquiry) -> bool:
    scale = inquiry.competency
    runs = _runs(said)
    return any(runs & _runs(text) for text in (scale.definition, *scale.anchors))


def _runs(text: str) -> set[tuple[str, ...]]:
    found = words(text.lower())
    return {tuple(found[place : place + BORROWED_RUN]) for place in range(len(found) - BORROWED_RUN + 1)}


def _overlap(one: Span, other: Span) -> bool:
    return one.turn_id == other.turn_id and one.start < other.end and other.start < one.end
