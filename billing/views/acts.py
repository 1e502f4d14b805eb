"""Interviews beyond the included, and the end of the subscription."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from billing import selectors
from billing.forms import OverageForm
from billing.models import Subscription
from billing.selectors import overview
from billing.services import own_plan
from billing.services.granting import BadGrant
from billing.services.subscriptions import EndsAlready, NotNow
from billing.templatetags import billing_money
from billing.views import showing, to_stripe
from billing.views.plan import redirect_303


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.MANAGE_BILLING)
def overage(request: HttpRequest, user: User) -> HttpResponse:
    """How many interviews beyond the included may begin, and the most that they can cost."""
    held = overview.own()
    form = OverageForm(request.POST or None, most=held.plan.most_overage, initial={"limit": held.overage_limit})
    if request.method == "POST" and form.is_valid():
        try:
            held = own_plan.allow_overage(by=user, limit=form.cleaned_data["limit"])
            messages.success(request, _said(held.overage_limit))
            return redirect_303("billing")
        except BadGrant as error:
            form.add_error("limit", str(error))
        except NotNow:
            form.add_error("limit", _("A payment is overdue. You can't allow more until it has arrived."))
    context = {"held": held, "form": form, "plan": held.plan} | overview.costs_of_overage(held)
    return render(request, "billing/overage.html", context, status=400 if form.errors else 200)


def _said(limit: int) -> str:
    if not limit:
        return _("No extra interviews are allowed.")
    return _("Up to %(limit)s extra interviews are allowed per period.") % {"limit": billing_money.count(limit)}


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.MANAGE_BILLING)
def cancel(request: HttpRequest, user: User) -> HttpResponse:
    """What the end means and when it comes; sent, it is asked for."""
    if request.method != "POST":
        held = overview.own()
        context = {"held": held, "state": overview.state_of(held), "use": selectors.usage()}
        return showing.page(request, "billing/cancel.html", context, held=held)
    try:
        own_plan.cancel(by=user)
        messages.success(request, _("Your plan ends with this period. Until then you can change your mind."))
    except EndsAlready:
        messages.info(request, _("Your plan was cancelled already. Nothing was changed."))
    except NotNow:
        messages.error(request, _("That is not possible for your plan at the moment. Nothing was changed."))
    except to_stripe.REFUSED as error:
        messages.error(request, to_stripe.sentence(error))
    return redirect_303("billing")


def _kept(held: Subscription) -> str:
    if held.next_plan is None:
        return _("Your plan continues.")
    return _("Your plan continues, and changes to %(plan)s at renewal, as chosen before.") % {"plan": held.next_plan}


@require_POST
@permitted(Permission.MANAGE_BILLING)
def keep(request: HttpRequest, user: User) -> HttpResponse:
    """Take the cancellation back."""
    try:
        messages.success(request, _kept(own_plan.keep(by=user)))
    except NotNow:
        messages.error(request, _("There is no cancellation to undo. Nothing was changed."))
    except to_stripe.REFUSED as error:
        messages.error(request, to_stripe.sentence(error))
    return redirect_303("billing")
