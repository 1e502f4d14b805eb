"""The pages of the budgets that the tenant sets for itself."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from interviews.budget_forms import BudgetForm, RemoveForm, shown
from interviews.selectors import stopping
from interviews.services import budgets
from interviews.views.staff import staff
from llm.own_budgets import ChangedMeanwhile


@require_safe
@staff
def index(request: HttpRequest, user: User) -> HttpResponse:
    context = budgets.page(by=user, number=request.GET.get("page"))
    return render(request, "interviews/portal/budgets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@staff
def change(request: HttpRequest, user: User, /, **which: Any) -> HttpResponse:
    """`which` is a period ("day", "month"), or the id of a job."""
    if request.method != "POST":
        return _form(request, user, which, None)
    form = BudgetForm(request.POST)
    if not form.is_valid():
        return _form(request, user, which, form)
    try:
        budgets.put(by=user, terms=form.terms, seen=form.cleaned_data["seen"], **which)
    except ChangedMeanwhile:
        messages.error(
            request,
            _("Somebody else changed this budget in the meantime. These are its current values; yours were not saved."),
        )
        return _see(request.path)
    messages.success(request, _("Budget saved. It takes effect within five seconds."))
    return _see("billing_budgets")


@require_POST
@staff
def remove(request: HttpRequest, user: User, /, **which: Any) -> HttpResponse:
    form = RemoveForm(request.POST)
    try:
        budgets.remove(by=user, seen=form.cleaned_data["seen"] if form.is_valid() else 0, **which)
    except ChangedMeanwhile:
        messages.error(request, _("Somebody else changed this budget in the meantime. It was not removed."))
    else:
        messages.success(request, _("Budget removed. The platform's limits still apply."))
    return _see("billing_budgets")


def _form(request: HttpRequest, user: User, which: dict[str, Any], form: BudgetForm | None) -> HttpResponse:
    line = budgets.open_one(by=user, **which)
    context = {
        "line": line,
        "form": form or BudgetForm(initial=shown(line)),
        "features": stopping.FEATURES.values(),
        "is_job": "job_id" in which,
    }
    return render(request, "interviews/portal/budget.html", context, status=400 if form else 200)


def _see(address: str) -> HttpResponse:
    response = redirect(address)
    response.status_code = 303
    return response
