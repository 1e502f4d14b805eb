"""The page of billing, and to whom invoices are made out."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from billing.forms import DetailsForm
from billing.selectors import overview
from billing.services import own_plan
from billing.services.billing_details import BadDetails
from billing.views import showing


@require_safe
@permitted(Permission.VIEW_BILLING)
def index(request: HttpRequest, user: User) -> HttpResponse:
    shown = overview.page()
    return showing.page(request, "billing/index.html", shown, held=shown["held"])


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.MANAGE_BILLING)
def details(request: HttpRequest, user: User) -> HttpResponse:
    """The form; `plan` in the address leads on to the choice of a plan that needed it."""
    held, plan = overview.own(), request.GET.get("plan", "")
    standing = overview.details(held)
    form = DetailsForm(request.POST or None, instance=standing, initial={} if standing else {"email": user.email})
    if request.method != "POST" or not form.is_valid():
        status = 400 if form.errors else 200
        return render(request, "billing/details.html", {"form": form, "plan": plan}, status=status)
    try:
        own_plan.save_details(by=user, values=form.cleaned_data)
    except BadDetails as error:
        form.add_error(error.field, str(error))
        return render(request, "billing/details.html", {"form": form, "plan": plan}, status=400)
    messages.success(request, _("Saved. New invoices will show this; invoices already issued stay as they are."))
    known = plan in {offer.plan.pk for offer in overview.offers(held)}
    response = redirect("billing_choose", plan) if known else redirect("billing")
    response.status_code = 303
    return response
