"""Choosing a plan: side by side, what one comes to, and the choice itself."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from billing.models import Subscription
from billing.selectors import overview, taxed
from billing.services import credit, own_plan, plan_changes, plans, stripe, subscriptions
from billing.services.billing_details import BadDetails
from billing.views import showing, to_stripe


def _now(by: User, code: str, shown: str) -> str:
    held = own_plan.change_now(by=by, code=code, shown=shown)
    return _("%(plan)s is now your plan.") % {"plan": held.plan}


def _renewal(by: User, code: str, shown: str) -> str:
    held = own_plan.change_at_renewal(by=by, code=code, shown=shown)
    if held.next_plan is None:
        return _("%(plan)s is your plan.") % {"plan": held.plan}
    return _("%(plan)s starts with the next period. Until then you can change your mind.") % {"plan": held.next_plan}


def _invoice(by: User, code: str, shown: str) -> str:
    held = own_plan.start_by_invoice(by=by, code=code, shown=shown)
    return _("%(plan)s has started. We will send the invoice by e-mail.") % {"plan": held.plan}


CHOICES: dict[str, Callable[[User, str, str], str]] = {
    "now": _now,
    "renewal": _renewal,
    "try": _renewal,
    "invoice": _invoice,
}


@require_safe
@permitted(Permission.MANAGE_BILLING)
def plans_page(request: HttpRequest, user: User) -> HttpResponse:
    held = overview.own()
    context = {"held": held, "state": overview.state_of(held), "offers": overview.offers(held)}
    return showing.page(request, "billing/plans.html", context, held=held)


@require_http_methods(["GET", "HEAD", "POST"])
@permitted(Permission.MANAGE_BILLING)
def choose(request: HttpRequest, user: User, code: str) -> HttpResponse:
    """What the plan comes to for this tenant; sent, it is chosen."""
    held = overview.own()
    try:
        plan = plans.choosable(code, held)
        if request.method == "POST":
            return _chosen(request, user, code)
        return _page(request, held, plan)
    except plans.NoLongerOffered as error:
        messages.error(request, _gone(error))
        return redirect_303("billing_plan")
    except plans.UnknownPlan as error:
        raise Http404 from error
    except plan_changes.BelowUse as error:
        return _page(request, overview.own(), plan, 409, refused=error.reasons)
    except (plan_changes.ChangedMeanwhile, subscriptions.NotNow, plan_changes.LargerOnly) as error:
        return _page(request, overview.own(), plan, 409, refused=[_sentence(error)])
    except to_stripe.REFUSED as error:
        return _page(request, overview.own(), plan, 409, refused=[to_stripe.sentence(error)])
    except own_plan.NoDetails:
        return redirect_303("billing_details", f"?plan={code}")
    except BadDetails as error:
        messages.error(request, _("An invoice can't be made out to these billing details: %(why)s") % {"why": error})
        return redirect_303("billing_details", f"?plan={code}")


def _chosen(request: HttpRequest, user: User, code: str) -> HttpResponse:
    shown, when = request.POST.get("shown", ""), request.POST.get("when", "")
    if when not in CHOICES:
        raise Http404
    messages.success(request, CHOICES[when](user, code, shown))
    return redirect_303("billing")


def _gone(error: plans.NoLongerOffered) -> str:
    if error.has_newer:
        return _("%(plan)s has new terms. Nothing was changed.") % {"plan": error.plan.name}
    return _("%(plan)s is no longer sold. Nothing was changed.") % {"plan": error.plan.name}


def _sentence(error: Exception) -> str:
    if isinstance(error, plan_changes.ChangedMeanwhile):
        return _(
            "Somebody changed the plan after you opened this page. Please check it again; nothing was changed now."
        )
    if isinstance(error, credit.AskUs | credit.Overdue):
        return str(error)
    if isinstance(error, plan_changes.LargerOnly):
        return _("A smaller plan starts with the next period, so you keep what you have paid for.")
    return _("That is not possible for your plan at the moment. Nothing was changed.")


def _page(request: HttpRequest, held: Subscription, plan: Any, status: int = 200, **more: Any) -> HttpResponse:
    """The plan may be the tenant's own by now, or its subscription one that stands still: the page says so."""
    shown = overview.choice(held, plan) | {
        "details": overview.details(held),
        "by_card": stripe.is_on() and plan.stripe_price,
    }
    shown["taxed"] = _taxed(held, plan, shown)
    return showing.page(request, "billing/choose.html", shown | more, held=held, status=status)


def _taxed(held: Subscription, plan: Any, shown: dict[str, Any]) -> taxed.Taxed | None:
    """What the invoice of this choice comes to with tax: of the first month, or of a change now."""
    if shown["unpaid"]:
        return taxed.of(held, plan.price_usd)
    if "preview" not in shown or held.collection != Subscription.Collection.INVOICE:
        return None
    return taxed.of(held, shown["preview"].change.net_usd)


@require_POST
@permitted(Permission.MANAGE_BILLING)
def stay(request: HttpRequest, user: User) -> HttpResponse:
    """Take the plan chosen for the renewal back."""
    held = overview.own()
    try:
        own_plan.change_at_renewal(by=user, code=held.plan_id, shown=request.POST.get("shown", ""))
        messages.success(request, _("%(plan)s stays your plan.") % {"plan": held.plan})
    except (plan_changes.ChangedMeanwhile, subscriptions.NotNow) as error:
        messages.error(request, _sentence(error))
    except to_stripe.REFUSED as error:
        messages.error(request, to_stripe.sentence(error))
    return redirect_303("billing")


def redirect_303(name: str, after: str = "") -> HttpResponse:
    """To this page, by a GET."""
    response = redirect(name)
    response.status_code = 303
    response["Location"] += after
    return response
