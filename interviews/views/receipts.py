"""The portal's pages of what interviews cost to run."""

from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from core import months
from core.months import NoSuchMonth
from interviews.services import cost_receipts
from interviews.views.staff import staff


@require_safe
@staff
def listed(request: HttpRequest, user: User) -> HttpResponse:
    month, wrong = _month(request)
    shown = cost_receipts.listed(by=user, month=month, page=request.GET.get("page"))
    context = shown | {"wrong": wrong, "query": f"month={month:%Y-%m}&"}
    return render(request, "interviews/portal/receipts.html", context, status=400 if wrong else 200)


@require_safe
@staff
def exported(request: HttpRequest, user: User) -> HttpResponse:
    month, wrong = _month(request)
    if wrong:
        return listed(request)
    response = HttpResponse(cost_receipts.exported(by=user, month=month), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="cost-receipts-{month:%Y-%m}.csv"'
    return response


@require_safe
@staff
def receipt(request: HttpRequest, user: User, interview_id: UUID) -> HttpResponse:
    shown = cost_receipts.receipt(by=user, interview_id=interview_id)
    return render(request, "interviews/portal/receipt.html", shown)


def _month(request: HttpRequest) -> tuple[date, bool]:
    """The month that was asked for, or the one that runs; and whether what was asked for is none."""
    asked = request.GET.get("month", "")
    try:
        return (months.parsed(asked) if asked else months.this()), False
    except NoSuchMonth:
        return months.this(), True
