"""An invitation's link: a name and a password, and the person is in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.forms import JoinForm
from accounts.models import TeamInvitation
from accounts.services import invitations, passwords, signing_in
from accounts.services.signing_in import Method
from accounts.views import entering, links
from core import ratelimit


@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    return links.move_to_cookie(request, token, to="account_join")


@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest) -> HttpResponse:
    token = links.held(request, to="account_join")
    try:
        invitation = invitations.open_link(token=token)
    except invitations.InvitationGone:
        return render(request, "accounts/link_gone.html", {"kind": "invitation"}, status=404)
    form = JoinForm(request.POST or None, initial={"name": invitation.name})
    if request.method == "POST" and form.is_valid():
        return _accept(request, token, invitation, form)
    return _page(request, invitation, form)


def _accept(request: HttpRequest, token: str, invitation: TeamInvitation, form: JoinForm) -> HttpResponse:
    ratelimit.hit("join", ratelimit.client_of(request), links.RATE)
    data = form.cleaned_data
    try:
        user = invitations.accept(token=token, name=data["name"], password=data["password"])
    except passwords.TooWeak as error:
        form.add_error("password", error.messages)
        return _page(request, invitation, form)
    except invitations.InvitationGone:
        return render(request, "accounts/link_gone.html", {"kind": "invitation"}, status=404)
    try:
        method = signing_in.local_method(user, Method.PASSWORD)
    except signing_in.LocalSignInRefused:
        return links.forget(redirect("portal_login"))
    return links.forget(entering.enter(request, user, method=method, next_path=""))


def _page(request: HttpRequest, invitation: TeamInvitation, form: JoinForm) -> HttpResponse:
    context = {"form": form, "invitation": invitation}
    return render(request, "accounts/join.html", context, status=400 if form.errors else 200)
