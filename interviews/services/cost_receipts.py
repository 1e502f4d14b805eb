"""Cost receipts for those who answer for billing: the audit row first, then the figures."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission
from billing.selectors import receipts as billing
from core import audit, months, spreadsheets
from interviews.models import Interview
from interviews.selectors import costs, people, scope
from interviews.services.reading import NotFound
from llm.receipts import Receipt

PAGE = 25
AT_ONCE = 500  # interviews of a file that are read together


def listed(*, by: User, month: date, page: str | None) -> dict[str, Any]:
    """A page of the month's interviews with what they cost, and the month's calls that belong to no one interview.

    :raises NotFound: if this tenant is not shown its receipts.
    """
    _admit(by)
    audit.record("cost_receipts.listed", month=f"{month:%Y-%m}")
    found: Page[Any] = Paginator(costs.begun(by, month), PAGE).get_page(page)
    found.object_list = costs.rows(list(found.object_list), named=by.may(Permission.VIEW_CANDIDATES))
    calls, first = costs.of_month(month), costs.first_month(by)
    return {
        "page": found,
        "month": month,
        "earlier": months.before(month) if month > first else None,
        "later": months.after(month) if month < months.this() else None,
        "calls": calls,
        "beside": costs.lines(calls.beside.lines),
    }


def receipt(*, by: User, interview_id: UUID) -> dict[str, Any]:
    """What one interview cost, line by line.

    :raises NotFound: if there is no such interview, or this tenant is not shown its receipts.
    """
    _admit(by)
    found = scope.interviews_of(by).select_related("application__job").filter(pk=interview_id).first()
    if found is None:
        raise NotFound
    audit.record("cost_receipt.viewed", found)
    [row] = costs.rows([found], named=by.may(Permission.VIEW_CANDIDATES))
    whole = row["cost"].receipt
    return row | {"ours": costs.lines(whole.ours), "own": costs.lines(whole.own), "number": found.number}


def exported(*, by: User, month: date) -> str:
    """The month's interviews with what they cost, as CSV; the last rows are of calls that belong to no one interview.

    :raises NotFound: if this tenant is not shown its receipts.
    """
    _admit(by)
    audit.record("cost_receipts.exported", month=f"{month:%Y-%m}")
    return spreadsheets.csv_text(_head(), _cells(by, month))


def _admit(by: User) -> None:
    by.require(Permission.VIEW_BILLING)
    if not billing.shows_receipts():
        raise NotFound


def _head() -> list[str]:
    return [
        *(_("Interview"), _("Candidate"), _("Job"), _("Began (UTC)"), _("Status")),
        *(_("Calls"), _("Tokens in"), _("Tokens cached"), _("Tokens out")),
        *(_("Models, USD"), _("Calls of unknown cost"), _("Saved, USD"), _("On your own keys, USD")),
        *(_("Infrastructure, USD"), _("Together, USD")),
    ]


def _cells(by: User, month: date) -> Iterator[list[Any]]:
    waiting: list[Interview] = []
    for interview in costs.begun(by, month).iterator(chunk_size=AT_ONCE):
        waiting.append(interview)
        if len(waiting) == AT_ONCE:
            yield from _of(waiting, by)
            waiting = []
    yield from _of(waiting, by)
    beside = costs.of_month(month).beside
    for row in costs.lines(beside.lines):
        found = Receipt((row["line"],))
        yield ["", "", _("of no one interview: %s") % row["feature"], f"{month:%Y-%m}", "", *_sums(found), "", ""]


def _of(interviews: list[Interview], by: User) -> Iterator[list[Any]]:
    named = by.may(Permission.VIEW_CANDIDATES)
    names = people.names(one.subject_id for one in interviews) if named else {}
    for one, cost in zip(interviews, costs.of(interviews), strict=True):
        began = one.started_at.isoformat(timespec="seconds") if one.started_at else ""
        about = [str(one.pk), names.get(one.subject_id, ""), one.application.job.title, began]
        share, total = cost.infrastructure_usd, cost.total_usd
        yield [*about, one.get_status_display(), *_sums(cost.receipt), share, total]


def _sums(found: Receipt) -> list[Any]:
    tokens = [sum(getattr(line, name) for line in found.lines) for name in ("tokens_in", "tokens_cached", "tokens_out")]
    return [found.calls, *tokens, found.cost_usd, found.unknown, found.saved_usd, found.own_usd]
