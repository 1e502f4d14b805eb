"""The addresses that an identity provider knows: metadata, sign-in, its responses, sign-out."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Permission
from accounts.views.guard import permitted
from core import ratelimit
from tenants.services.saml import logout, signing_in
from tenants.services.saml import metadata as saml_metadata
from tenants.services.saml.refusals import Refused
from tenants.services.saml.requests import COOKIE, WAITS

RATE = "120/minute"  # an office signs in at nine from one address
View = Callable[[HttpRequest], HttpResponse]


def of_a_connection(view: View) -> View:
    """Without a connection there is nothing here; a refusal is a page with a sentence and its code."""

    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        ratelimit.hit("saml", ratelimit.client_of(request), RATE)
        try:
            return view(request)
        except signing_in.NoConnection as error:
            raise Http404 from error
        except Refused as refused:
            return render(request, "tenants/saml/refused.html", {"refused": refused}, status=403)

    return checked


@require_safe
@of_a_connection
def metadata(request: HttpRequest) -> HttpResponse:
    """Our metadata. It holds no secrets."""
    text = saml_metadata.render(signing_in.connection_of(enabled=False))
    return HttpResponse(text, content_type="application/samlmetadata+xml")


@require_GET
@of_a_connection
def login(request: HttpRequest) -> HttpResponse:
    """To the identity provider, from the host that it answers to."""
    if address := signing_in.elsewhere(host=_host(request), query=request.GET.urlencode()):
        return HttpResponseRedirect(address)
    departure = signing_in.start(cookie=request.COOKIES.get(COOKIE, ""), next_path=request.GET.get("next", "/"))
    return _leave(departure)


@require_GET
@permitted(Permission.MANAGE_SIGN_IN)
def test(request: HttpRequest, user: User) -> HttpResponse:
    """The same way for an admin who tries the connection: it ends in a report."""

    @of_a_connection
    def go(request: HttpRequest) -> HttpResponse:
        cookie = request.COOKIES.get(COOKIE, "")
        return _leave(signing_in.start_test(cookie=cookie, by=user, host=_host(request)))

    try:
        return go(request)
    except signing_in.OtherHost as other:
        return render(request, "tenants/saml/other_host.html", {"address": str(other)}, status=409)


# The response comes from another site by a form: the cookie of the browser that asked takes the token's place.
@csrf_exempt
@require_POST
@of_a_connection
def acs(request: HttpRequest) -> HttpResponse:
    arrival = signing_in.finish(
        request=request,
        encoded=request.POST.get("SAMLResponse", ""),
        relay_state=request.POST.get("RelayState", ""),
        cookie=request.COOKIES.get(COOKIE, ""),
    )
    if arrival.report_id is not None:
        return redirect(reverse("sso_test_report"))
    return redirect(arrival.path)


@csrf_exempt
@require_http_methods(["GET", "POST"])
@of_a_connection
def slo(request: HttpRequest) -> HttpResponse:
    """GET: a signed message of the identity provider. POST: somebody signs out here, or comes back from there."""
    if request.method == "POST":
        # Some providers post their answer to our sign-out. It is not read: the browser was signed out before it left.
        return redirect("portal_login") if "SAMLResponse" in request.POST else _sign_out(request)
    query, cookie = request.META.get("QUERY_STRING", ""), request.COOKIES.get(COOKIE, "")
    address = logout.receive(request=request, query=query, cookie=cookie)
    return HttpResponseRedirect(address) if address else redirect("portal_login")


@csrf_protect
def _sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out here, with a way to do so at the identity provider too."""
    departure = logout.start(request=request, cookie=request.COOKIES.get(COOKIE, ""))
    if departure is None:
        return redirect("portal_login")
    # A page with a link: from a form, the policy would not let the browser follow to another site.
    return _with_cookie(render(request, "tenants/saml/signed_out.html", {"address": departure.address}), departure)


def _host(request: HttpRequest) -> str:
    return request.get_host().partition(":")[0]


def _leave(departure: signing_in.Departure) -> HttpResponse:
    return _with_cookie(HttpResponseRedirect(departure.address), departure)


def _with_cookie(response: HttpResponse, departure: signing_in.Departure) -> HttpResponse:
    response.set_cookie(
        COOKIE,
        departure.secret,
        max_age=int(WAITS.total_seconds()),
        secure=True,
        httponly=True,
        samesite="None",  # the identity provider posts the browser back from its own site
    )
    return response
