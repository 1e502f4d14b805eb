"""What Stripe did not allow, in sentences for the platform's staff."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.services.stripe import claim, client
from billing.services.stripe.shapes import Odd

SENTENCES: dict[type[Exception], str | Promise] = {
    claim.Busy: _("Somebody asks Stripe for this tenant at this moment, or pays there. Try again in two minutes."),
    client.Off: _("Payment by card is not set up here: without Stripe's key nothing can be asked of it."),
    client.Unavailable: _(
        "Stripe does not answer, so it may have been done or not. Load the page anew in some minutes."
    ),
    client.Declined: _("Stripe says that the card was declined. Nothing was done."),
    client.Refused: _("Stripe refuses this (%(code)s). Nothing was done; look at it in Stripe's dashboard."),
    Odd: _("Stripe did it, and its answer can't be copied. Look at the newest messages under Stripe events."),
}
OF_STRIPE: tuple[type[Exception], ...] = tuple(SENTENCES)


def sentence(error: Exception) -> str:
    """Why Stripe did not do it, and what to do."""
    text = str(next(text for kind, text in SENTENCES.items() if isinstance(error, kind)))
    return text % {"code": error.code} if isinstance(error, client.Refused) else text
