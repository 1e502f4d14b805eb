"""What to change in an interview's plan before a person publishes it.

The rules about words are lists and patterns (interviews/data/plan_lint.json): they find what was foreseen, in English,
and a plan without a remark is not therefore a good one. How much they find is measured in test_plan_linter_corpus.py.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from interviews.services.interviewer import topics
from interviews.services.jobs import JobPlan
from interviews.services.plan_linter import bounds, cost, coverage, effort, scales, texts, wording
from interviews.services.plan_linter.remarks import Remark, Severity, errors
from llm.policy import TenantPolicy

__all__ = ["Remark", "Severity", "errors", "lint"]


def lint(plan: JobPlan, *, policy: TenantPolicy | None = None) -> tuple[Remark, ...]:
    """Everything to say about a plan, errors first, then warnings and hints; in the order of the plan within each.

    With a policy the last hint is what the models of one interview cost that tenant: only then the registry is read.
    """
    known = plan.jurisdiction if plan.jurisdiction in topics.jurisdictions() else ""
    words = (*_questions(plan, known), *texts.remarks(plan, known))
    found = (*_jurisdiction(plan), *words, *coverage.remarks(plan), *scales.remarks(plan), *bounds.remarks(plan))
    priced = cost.remarks(plan, policy) if policy is not None else ()
    return tuple(
        sorted((*found, *effort.remarks(plan), *priced), key=lambda remark: list(Severity).index(remark.severity))
    )


def _questions(plan: JobPlan, jurisdiction: str) -> Iterator[Remark]:
    for position, question in enumerate(plan.questions, 1):
        yield from wording.remarks(question.text, jurisdiction=jurisdiction, question=position)


def _jurisdiction(plan: JobPlan) -> Iterator[Remark]:
    if plan.jurisdiction and plan.jurisdiction not in topics.jurisdictions():
        message = _("Choose a jurisdiction that is known (%s), or none: then all private matters are forbidden.")
        yield Remark("unknown_jurisdiction", Severity.ERROR, message % ", ".join(sorted(topics.jurisdictions())))
