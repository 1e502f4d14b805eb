"""From the billing page to Stripe's pages. Each is a form's POST that leads there (303), or back with a sentence."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from billing.services import plan_changes, plans
from billing.services.stripe import checkout as checkouts
from billing.services.stripe import claim, client, is_on
from billing.services.stripe import portal as portals
from billing.services.subscriptions import NotNow

AWAY = _("Stripe is not responding at the moment. Nothing was changed. Please try again in a few minutes.")
SENTENCES: dict[type[Exception], str | Promise] = {
    client.Unavailable: AWAY,
    client.Refused: _("Stripe refused this. Nothing was changed. Please try again, or write to our support."),
    client.Declined: _("The card was declined. Nothing was changed. Please use another card, or ask your bank."),
    checkouts.BadAddress: AWAY,
    checkouts.NotByCard: _("This plan cannot be paid by card. Choose another plan, or pay by invoice."),
    claim.Busy: _("A colleague is changing the payment right now. Please check again in a minute."),
    plans.UnknownPlan: _("This plan is no longer sold. Please choose another one."),
    NotNow: _("The plan was changed in the meantime, and this is no longer possible. Please check it again."),
}

REFUSED: tuple[type[Exception], ...] = (plan_changes.BelowUse, *SENTENCES)


def sentence(error: Exception) -> str:
    """What a person is told when Stripe, or the plan, did not allow something."""
    if isinstance(error, plan_changes.BelowUse):
        return str(error)
    return str(next(text for kind, text in SENTENCES.items() if isinstance(error, kind)))


@require_POST
@permitted(Permission.MANAGE_BILLING)
def checkout(request: HttpRequest, user: User) -> HttpResponse:
    """To Stripe's page on which the plan of the form is paid for."""
    return _go(request, lambda: checkouts.begin(by=user, plan_code=request.POST.get("plan", "")))


@require_POST
@permitted(Permission.MANAGE_BILLING)
def portal(request: HttpRequest, user: User) -> HttpResponse:
    """To Stripe's page on which cards, addresses and tax ids are kept."""
    return _go(request, lambda: portals.open(by=user))


def _go(request: HttpRequest, address_of: Callable[[], str]) -> HttpResponse:
    if not is_on():
        raise Http404
    try:
        address = address_of()
    except REFUSED as error:
        messages.error(request, sentence(error))
        address = checkouts.PATH
    return HttpResponseRedirect(address, status=303)
