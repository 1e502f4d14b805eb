"""A first plan from a job description, for a person to change and to publish: nothing here stores or publishes one."""

from collections import Counter
from dataclasses import replace

import structlog

from interviews.services.drafting import assembling, choosing, described, model
from interviews.services.drafting.described import (
    CannotDraft,
    DescriptionEmpty,
    DescriptionNotEnglish,
    DescriptionTooLong,
    DescriptionTooShort,
)
from interviews.services.drafting.types import Chosen, DraftPlan, DraftQuestion, Frame, Library, Why
from interviews.services.interviewer import topics
from interviews.services.jobs import UnknownJurisdiction
from llm import gateway
from llm.policy import TenantPolicy

__all__ = [
    "CannotDraft",
    "Chosen",
    "DescriptionEmpty",
    "DescriptionNotEnglish",
    "DescriptionTooLong",
    "DescriptionTooShort",
    "DraftPlan",
    "DraftQuestion",
    "Why",
    "draft",
    "draft_with_model",
]

MINUTES = 30
LONGEST_TITLE = 160  # that the column holds

log = structlog.get_logger()


def draft(
    description: str, *, library: Library, title: str = "", minutes: int = MINUTES, jurisdiction: str = ""
) -> DraftPlan:
    """A plan of the library's competencies that the description asks for; the same input gives the same plan.

    The slug follows from the title: whoever publishes sees to it that it is not another job's.

    :raises CannotDraft: if the description can't be read; its subclasses say why.
    :raises interviews.services.jobs.UnknownJurisdiction: if there is no data on it.
    """
    read = described.read(description)
    return _basic(read, _frame(title or read.title, minutes, jurisdiction), library)


def draft_with_model(
    description: str,
    policy: TenantPolicy,
    *,
    library: Library,
    title: str = "",
    minutes: int = MINUTES,
    jurisdiction: str = "",
) -> DraftPlan:
    """A plan whose competencies, anchors and questions a model wrote; where it can't, or not well, as `draft` does.

    Hold no transaction: calls go over the network.

    :raises CannotDraft: if the description can't be read.
    :raises interviews.services.jobs.UnknownJurisdiction: if there is no data on the jurisdiction.
    """
    read = described.read(description)
    frame = _frame(title or read.title, minutes, jurisdiction)
    dropped: Counter[str] = Counter()
    try:
        found = model.candidates(read, frame, policy, dropped)
        return assembling.plan_of(found, frame, source="model", dropped=dropped)
    except gateway.Unavailable as reason:
        trouble = "" if reason.kind == "not_configured" else reason.kind
    except (model.TooLittle, assembling.Faulty) as reason:
        trouble = "refused"
        log.warning("draft_refused", reason=str(reason), dropped=assembling.counts(dropped))
    basic = _basic(read, frame, library)
    dropped.update(basic.dropped)
    return replace(basic, dropped=assembling.counts(dropped), trouble=trouble)


def _frame(title: str, minutes: int, jurisdiction: str) -> Frame:
    if jurisdiction and jurisdiction not in topics.jurisdictions():
        raise UnknownJurisdiction(f"Use one of {', '.join(sorted(topics.jurisdictions()))}, or none.")
    return Frame(" ".join(title.split())[:LONGEST_TITLE].strip(), minutes, jurisdiction)


def _basic(read: described.Described, frame: Frame, library: Library) -> DraftPlan:
    dropped: Counter[str] = Counter()
    found = choosing.candidates(read, library)
    if not found:
        return assembling.nothing("basic", dropped)
    return assembling.plan_of(found, frame, source="basic", dropped=dropped)
