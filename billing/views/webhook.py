"""Where Stripe sends its messages."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing.services.stripe import inbox, is_on


@csrf_exempt  # the signature over the body says who sends it
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """200 once the message is stored; 400 for what Stripe did not sign, of which nothing is kept."""
    if not is_on() or not settings.STRIPE_WEBHOOK_SECRET:
        raise Http404
    try:
        inbox.receive(body=request.body, signature=request.headers.get("Stripe-Signature", ""))
    except (inbox.Forged, inbox.Unreadable):
        return HttpResponse(status=400)
    return HttpResponse(status=200)
