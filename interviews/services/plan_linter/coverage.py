"""Which question is about which competency, and what that leaves open."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from interviews.services.evaluation.inquiry import PASSES
from interviews.services.evaluation.lexicon import lexicon
from interviews.services.evaluation.text import words
from interviews.services.jobs import JobPlan
from interviews.services.plan_linter import wording
from interviews.services.plan_linter.plain import limit
from interviews.services.plan_linter.remarks import Remark, Severity
from llm import features

MOST_WEIGHT, FINEST_WEIGHT = Decimal("99.999"), Decimal("0.001")  # that a column holds


def remarks(plan: JobPlan) -> Iterator[Remark]:
    """Gaps between the questions and the competencies of a plan."""
    yield from _whole(plan)
    yield from _keys(plan)
    for position, question in enumerate(plan.questions, 1):
        yield from _question(plan, position, question.competencies)
    yield from _repeated(plan)
    for competency in plan.competencies:
        yield from _asked(plan, competency.key)


def _whole(plan: JobPlan) -> Iterator[Remark]:
    if not plan.questions:
        yield Remark("no_questions", Severity.ERROR, _("Add at least one question."))
    if not plan.competencies:
        yield Remark("no_competencies", Severity.ERROR, _("Add at least one competency."))
    most = features.named("evaluation").calls_an_interview // len(PASSES)
    if len(plan.competencies) > most:
        message = _("Rate fewer competencies: there are %(count)s, and %(most)s are what one interview can show.")
        numbers = {"count": len(plan.competencies), "most": most}
        yield Remark("many_competencies", Severity.WARNING, message % numbers)


def _keys(plan: JobPlan) -> Iterator[Remark]:
    for key, count in Counter(one.key for one in plan.competencies).items():
        if count > 1:
            message = _("Give each competency a key of its own: %(key)s is used %(count)s times.")
            yield Remark("same_key", Severity.ERROR, message % {"key": key, "count": count}, competency=key)


def _question(plan: JobPlan, position: int, keys: tuple[str, ...]) -> Iterator[Remark]:
    most = int(limit("competencies_a_question"))
    if not keys:
        message = _("Choose what this question is about: nothing said here would be rated.")
        yield Remark("no_competency", Severity.WARNING, message, question=position)
    if len(set(keys)) > most:
        message = _("Choose at most %(most)s competencies: an answer can't show %(count)s of them well.")
        numbers = {"most": most, "count": len(set(keys))}
        yield Remark("many_on_a_question", Severity.WARNING, message % numbers, question=position)
    for key in sorted(set(keys) - {one.key for one in plan.competencies}):
        message = _("Add the competency %s to the plan, or take it off this question.") % key
        yield Remark("unknown_competency", Severity.ERROR, message, question=position, competency=key)


def _asked(plan: JobPlan, key: str) -> Iterator[Remark]:
    """What the questions about one competency leave open."""
    texts = [question.text for question in plan.questions if key in question.competencies]
    if not texts:
        message = _("Add a question about this competency: no answer could show it.")
        yield Remark("no_question", Severity.ERROR, message, competency=key)
    elif all(map(wording.is_hypothetical, texts)):
        message = _("Add a question about what the candidate did: this competency is asked about only with ifs.")
        yield Remark("only_hypothetical", Severity.WARNING, message, competency=key)
    share = share_of(plan, key)
    if len(texts) == 1 and share >= Decimal(str(limit("heavy_share"))):
        message = _("Ask a second question about this: %s%% of the result hangs on a single answer.") % round(
            share * 100
        )
        yield Remark("one_question", Severity.WARNING, message, competency=key)


def share_of(plan: JobPlan, key: str) -> Decimal:
    """What part of the weight a competency carries; 0 where there is no weight."""
    total = sum((counted(one.weight) for one in plan.competencies), Decimal(0))
    own = sum((counted(one.weight) for one in plan.competencies if one.key == key), Decimal(0))
    return own / total if total else Decimal(0)


def counted(weight: Decimal) -> Decimal:
    """The weight as the column keeps it: what is negative, too large for it or no number counts as nothing."""
    if not weight.is_finite() or not 0 < weight <= MOST_WEIGHT:
        return Decimal(0)
    return weight.quantize(FINEST_WEIGHT)


def is_same(text: str, other: str) -> bool:
    """Whether two questions ask nearly the same: by their words of content, and largely by the others too."""
    content = _likeness(lexicon().content(text), lexicon().content(other))
    return content >= limit("same_question") and _likeness(words(text), words(other)) >= limit("same_question_words")


def _likeness(mine: Sequence[str], theirs: Sequence[str]) -> float:
    """The share of all different words that both have; 1 where neither has any."""
    both, either = set(mine) & set(theirs), set(mine) | set(theirs)
    return len(both) / len(either) if either else 1.0


def _repeated(plan: JobPlan) -> Iterator[Remark]:
    """A question that asks what an earlier one asked."""
    texts = [question.text for question in plan.questions]
    for position, text in enumerate(texts, 1):
        same = next((number for number, other in enumerate(texts[: position - 1], 1) if is_same(text, other)), None)
        if same is not None:
            message = _("Ask something else: this is nearly question %s once more.") % same
            yield Remark("same_question", Severity.WARNING, message, question=position)
