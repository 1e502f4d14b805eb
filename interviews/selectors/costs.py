"""What interviews cost to run: the ledger's receipt, and a share of the servers beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Min, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from billing.selectors import receipts as billing
from core import months, tenancy
from interviews.models import Interview
from interviews.selectors import people, scope
from interviews.selectors.portal import STATUS_TONES
from llm import receipts
from llm.receipts import Line, Receipt

# Codes that are not here are shown as they are.
FEATURES: dict[str, Promise] = {
    "interview_turn": _("Replies of the interviewer"),
    "evaluation": _("Evaluation"),
    "evaluation_retest": _("Evaluation made twice, to see whether it repeats"),
    "resume_analysis": _("Resumes"),
    "question_drafts": _("Drafts of plans"),
    "key_requirements": _("Key requirements"),
    "report": _("Reports"),
}
SOURCES: dict[str, Promise] = {
    "provider": _("asked live"),
    "batch": _("asked in a batch, at a lower price"),
    "collected": _("fetched from a batch"),
    "cache": _("known from before"),
    "shared": _("shared with an equal call under way"),
    "template": _("prepared sentence, no model asked"),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """One interview's; `infrastructure_usd` is None where no share was set when it began, or it never began."""

    receipt: Receipt
    began: bool
    infrastructure_usd: Decimal | None

    @property
    def total_usd(self) -> Decimal:
        """What is known of it: the platform's calls and the share of the servers."""
        return self.receipt.cost_usd + (self.infrastructure_usd or Decimal(0))

    @property
    def is_least(self) -> bool:
        """Whether it cost more than is known."""
        return bool(self.receipt.unknown) or (self.began and self.infrastructure_usd is None)


def begun(viewer: User, month: date) -> QuerySet[Interview]:
    """The viewer's interviews that began in this month, the newest first."""
    since, until = months.span(month)
    found = scope.interviews_of(viewer).filter(started_at__gte=since, started_at__lt=until)
    return found.select_related("application__job").order_by("-started_at", "-pk")


def first_month(viewer: User) -> date:
    """The month in which the first of the viewer's interviews began; this one before that."""
    first = scope.interviews_of(viewer).aggregate(first=Min("started_at"))["first"]
    return min(first.date().replace(day=1), months.this()) if first else months.this()


def of(interviews: Sequence[Interview]) -> list[Cost]:
    """What each of them cost, in their order, in three queries."""
    ids = [interview.pk for interview in interviews]
    found = receipts.of(ids, tenant=tenancy.schema())
    servers = billing.infrastructure_usd(ids)
    return [Cost(found[pk], pk in servers, servers.get(pk)) for pk in ids]


def rows(interviews: Sequence[Interview], *, named: bool) -> list[dict[str, Any]]:
    """A page of the list; `named` says whether whoever sees it may see candidates."""
    names = people.names(interview.subject_id for interview in interviews) if named else {}
    return [
        {
            "interview_id": interview.pk,
            "name": (name := names.get(interview.subject_id, "")),
            "initials": people.initials(name),
            "job_title": interview.application.job.title,
            "began_at": interview.started_at,
            "status_label": interview.get_status_display(),
            "status_tone": STATUS_TONES.get(Interview.Status(interview.status), ""),
            "cost": cost,
        }
        for interview, cost in zip(interviews, of(interviews), strict=True)
    ]


def of_month(month: date) -> receipts.Month:
    """All calls of the current tenant in this month, those of no one interview too."""
    return receipts.of_month(tenancy.schema(), month)


def lines(found: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines of a receipt in words."""
    return [
        {
            "feature": FEATURES.get(line.feature, line.feature),
            "source": SOURCES.get(line.source, line.source),
            "line": line,
        }
        for line in found
    ]
