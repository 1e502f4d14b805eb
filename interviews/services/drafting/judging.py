"""What a model's draft must pass before a person sees it as a plan."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from compliance import injection
from interviews.services.drafting.choosing import MOST_VALUES
from interviews.services.drafting.types import Candidate, DraftQuestion
from interviews.services.interviewer import checks
from interviews.services.plan_linter import Severity, coverage, scales, wording
from interviews.services.plan_linter.plain import cut

# Warnings that a person may overrule in their own question; a draft can do without it.
REFUSED = frozenset({"double_barrelled", "leading", "closed", "judging", "too_long", "too_short", "not_english"})


def fault_of(one: Candidate, before: Sequence[Candidate], jurisdiction: str) -> str:
    """Why a competency is not taken; "" if it is."""
    texts = (one.name, one.definition, *one.anchors)
    if not one.key:
        return "no_name"
    if any(one.key == other.key for other in before):
        return "same_key"
    if one.dimension == "values" and sum(other.dimension == "values" for other in before) >= MOST_VALUES:
        return "too_many_values"
    if any(map(_is_no_plain_text, texts)):
        return "form"
    if any(next(wording.private_matters(text, jurisdiction), None) for text in texts):
        return "illegal_topic"
    if any(map(_judges, texts)):
        return "judging"
    if any(map(_orders, texts)):
        return "orders"
    if any(scales.same(low, high) for low, high in combinations(one.anchors, 2)):
        return "same_anchor"
    return "" if one.why else "not_in_description"


def fault_of_question(text: str, before: Sequence[str], jurisdiction: str) -> str:
    """Why a question is not taken; "" if it is. `before` are the questions that were."""
    fault = _fault_of_words(text, jurisdiction)
    return fault or ("same_question" if any(coverage.is_same(text, other) for other in before) else "")


def with_good_follow_ups(question: DraftQuestion, jurisdiction: str, dropped: Counter[str]) -> DraftQuestion:
    """The question with the follow-ups that pass; where one is missing the interviewer has its own words."""
    faults = {kind: _fault_of_words(text, jurisdiction) for kind, text in question.follow_ups.items()}
    dropped["follow_up"] += sum(bool(fault) for fault in faults.values())
    return replace(
        question, follow_ups={kind: question.follow_ups[kind] for kind, fault in faults.items() if not fault}
    )


def _fault_of_words(text: str, jurisdiction: str) -> str:
    if _is_no_plain_text(text):
        return "form"
    if _orders(text):
        return "orders"
    for remark in wording.remarks(text, jurisdiction=jurisdiction):
        if remark.severity is Severity.ERROR or remark.code in REFUSED:
            return remark.code
    return ""


def _judges(text: str) -> bool:
    """Whether words of it judge people instead of telling what they do."""
    return any(sentence.found("judging", "harmless_judging") for sentence in cut(text))


def _orders(text: str) -> bool:
    """Whether it tells the evaluator what to do: a description nobody vouches for may have put it there."""
    return injection.detect(text).flagged


def _is_no_plain_text(text: str) -> bool:
    """Links, markup and signs that nobody sees."""
    return checks.LINKS.search(text) is not None or not text.isprintable()
