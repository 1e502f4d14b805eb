"""Sign-up on the public site."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from core import ratelimit
from tenants.models import SignUp
from tenants.services import names, provisioning, signup, trials

A_NETWORK, AN_ADDRESS, HINTS = "30/hour", "3/hour", "60/minute"


class SignUpForm(forms.Form):
    company = forms.CharField(label=gettext_lazy("Company"), max_length=120)
    subdomain = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=names.LONGEST_SUBDOMAIN,
        required=False,
        help_text=gettext_lazy("The first part of your site's address. Leave it empty to have one suggested."),
    )
    owner_name = forms.CharField(label=gettext_lazy("Your name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("Your e-mail at work"), max_length=254)
    plan_code = forms.ChoiceField(label=gettext_lazy("Plan"), choices=provisioning.plans)

    def clean_subdomain(self) -> str:
        given = str(self.cleaned_data["subdomain"])
        if given.strip():
            return given
        self.data = dict(self.data) | {"subdomain": names.suggest(self.cleaned_data.get("company", ""))}
        raise ValidationError(_("Look at the address we suggest, or write another one, and send the form again."))


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """The form; "check" looks at the address alone, for browsers without scripts."""
    if request.method != "POST":
        return _form(request, SignUpForm())
    if "check" in request.POST:
        return _checked(request)
    form = SignUpForm(request.POST.dict())
    if not form.is_valid():
        return _form(request, form, status=400)
    ratelimit.hit("sign-up", ratelimit.client_of(request), A_NETWORK)
    try:
        wish = signup.clean(signup.Wish(**form.cleaned_data))
        ratelimit.hit("sign-up-address", wish.email, AN_ADDRESS)
        signup.ask(wish)
    except ValidationError as error:
        form.add_error(None, error)
        return _form(request, form, status=400)
    return _see("signup_sent")


def _form(request: HttpRequest, form: SignUpForm, *, status: int = 200, hint: Any = None) -> HttpResponse:
    base = provisioning.host_of("") + settings.PUBLIC_PORT
    offers = provisioning.offers()
    if offers:
        form.initial.setdefault("plan_code", offers[0].code)
    trials_on_offer = {(offer.trial_interviews, offer.trial_days) for offer in offers}
    context = {"form": form, "hint": hint, "scheme": settings.PUBLIC_SCHEME, "base": base, "offers": offers}
    context["trial"] = offers[0] if len(trials_on_offer) == 1 else None  # else each plan says its own
    return render(request, "public/signup.html", context, status=status)


def _checked(request: HttpRequest) -> HttpResponse:
    ratelimit.hit("sign-up-hint", ratelimit.client_of(request), HINTS)
    given = request.POST.get("subdomain", "")[:120] or names.suggest(request.POST.get("company", "")[:120])
    form = SignUpForm(initial=request.POST.dict() | {"subdomain": given})
    return _form(request, form, hint=_hint(given))


@require_safe
def hint(request: HttpRequest) -> HttpResponse:
    """What is to say of an address while it is typed; `company` alone asks for a suggestion."""
    ratelimit.hit("sign-up-hint", ratelimit.client_of(request), HINTS)
    given = request.GET.get("subdomain", "")[:120]
    if not given:
        given = names.suggest(request.GET.get("company", "")[:120])
    return JsonResponse({"subdomain": given} | (_hint(given) if given else {"good": False, "text": ""}))


def _hint(given: str) -> dict[str, Any]:
    try:
        subdomain = names.clean_subdomain(given)
        names.require_free(subdomain)
    except ValidationError as error:
        return {"good": False, "text": " ".join(error.messages)}
    return {"good": True, "text": _("%(host)s is free.") % {"host": provisioning.host_of(subdomain)}}


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """The same for every address."""
    return render(request, "public/signup_sent.html")


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Looking changes nothing: mail scanners look too."""
    try:
        row = signup.find(token=token)
        if request.method == "POST":
            row = signup.confirm(token=token)
    except signup.LinkNotValid:
        return render(request, "public/signup_gone.html", status=404)
    except trials.TriedBefore:
        return render(request, "public/signup_tried.html", {"support_email": settings.SUPPORT_EMAIL}, status=409)
    except ValidationError as error:
        return render(request, "public/signup_taken.html", {"messages_list": error.messages}, status=409)
    if row.status == SignUp.Status.CONFIRMED:
        return _see("signup_progress", signup.progress_key(row))
    context = {"sign_up": row, "host": provisioning.host_of(row.subdomain)}
    return render(request, "public/signup_confirm.html", context)


@require_safe
def progress(request: HttpRequest, key: str) -> HttpResponse:
    """The steps of the set-up; the page reloads itself until they are done."""
    try:
        found = signup.progress(key=key)
    except signup.LinkNotValid:
        return render(request, "public/signup_gone.html", status=404)
    status = found.tenant.status
    context = {
        "tenant": found.tenant,
        "email": found.email,
        "ready": status == found.tenant.Status.READY,
        "failed": status == found.tenant.Status.FAILED,
        "trial": next((offer for offer in provisioning.offers() if offer.code == found.tenant.plan_code), None),
        "steps": [{"title": STEPS.get(step.name, step.name), "status": step.status} for step in found.steps],
    }
    return render(request, "public/signup_progress.html", context)


STEPS = {
    "schema": gettext_lazy("A room of your own in the database"),
    "tables": gettext_lazy("Its tables"),
    "check": gettext_lazy("A check that everything is there"),
    "key": gettext_lazy("The key that seals what candidates write"),
    "subscription": gettext_lazy("Your plan"),
    "invitation": gettext_lazy("Your own invitation"),
    "owner": gettext_lazy("Finishing touches"),
}


def _see(name: str, *arguments: str) -> HttpResponse:
    response = redirect(name, *arguments)
    response.status_code = 303
    return response
