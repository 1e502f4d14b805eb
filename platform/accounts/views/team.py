"""The team: who is in it, who was invited, and what one may change about another."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors
from accounts.forms import InvitePersonForm, RoleForm
from accounts.models import User
from accounts.roles import Permission, Role
from accounts.services import invitations, people, team
from accounts.views.guard import permitted
from core import clock, ratelimit
from core.entitlements import NoSeatLeft

RATE = "60/hour"
WORDS: dict[type[Exception], object] = {
    invitations.OwnersOnly: _("Only an owner makes owners, and changes them. Ask one of them."),
    invitations.AlreadyInvited: _("Somebody with this address is in the team or was invited already."),
    invitations.InvitationGone: _("This invitation was accepted or revoked in the meantime."),
    people.LastOwner: _("This is the last owner. Make somebody else an owner first."),
    team.NotYourself: _("Nobody changes their own role or disables themselves. Ask another owner or admin."),
}
REFUSALS = tuple(WORDS)
manages = permitted(Permission.MANAGE_PEOPLE)


@require_safe
@manages
def index(request: HttpRequest, user: User) -> HttpResponse:
    context = {"people": selectors.people(), "invitations": selectors.pending_invitations(), "now": clock.now()}
    return render(request, "accounts/team.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@manages
def invite(request: HttpRequest, user: User) -> HttpResponse:
    form = InvitePersonForm(request.POST or None, by=user, initial={"role": Role.RECRUITER})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            ratelimit.hit("team-invite", str(user.pk), RATE)
            invitations.invite(email=data["email"], name=data["name"], role=Role(data["role"]), by=user)
            messages.success(request, _("The invitation is on its way."))
            return redirect("team")
        except REFUSALS as error:
            form.add_error(None, str(WORDS[type(error)]))
        except NoSeatLeft as error:
            form.add_error(None, str(error))
            return render(request, "accounts/invite.html", {"form": form, "no_seat": True}, status=402)
    return render(request, "accounts/invite.html", {"form": form}, status=400 if form.errors else 200)


@require_safe
@manages
def person(request: HttpRequest, user: User, user_id: UUID) -> HttpResponse:
    found = selectors.person(user_id)
    if found is None:
        raise Http404
    context = {
        "person": found,
        "is_self": found.pk == user.pk,
        "may_change": found.pk != user.pk and (found.role != Role.OWNER or user.role == Role.OWNER),
        "may_reset": found.pk != user.pk and (not found.needs_second_factor or user.role == Role.OWNER),
        "form": RoleForm(by=user, initial={"role": found.role}),
        "sessions": selectors.sessions_of(user_id=found.pk, current=None),
    }
    return render(request, "accounts/person.html", context)


def _act(request: HttpRequest, user_id: UUID, act: Callable[[], None], done: object) -> HttpResponse:
    """One act on a colleague, then the page about them, with what was done or why not."""
    try:
        act()
        messages.success(request, str(done))
    except team.NoSuchPerson as error:
        raise Http404 from error
    except REFUSALS as error:
        messages.error(request, str(WORDS[type(error)]))
    return redirect("team_person", user_id)


@require_POST
@manages
def change_role(request: HttpRequest, user: User, user_id: UUID) -> HttpResponse:
    form = RoleForm(request.POST, by=user)
    if not form.is_valid():
        messages.error(request, _("Choose one of the roles."))
        return redirect("team_person", user_id)
    role = Role(form.cleaned_data["role"])
    return _act(
        request, user_id, lambda: team.change_role(user_id=user_id, role=role, by=user), _("The role is changed.")
    )


@require_POST
@manages
def disable(request: HttpRequest, user: User, user_id: UUID) -> HttpResponse:
    done = _("The account is disabled; its sessions and API keys are ended.")
    return _act(request, user_id, lambda: team.disable(user_id=user_id, by=user), done)


@require_POST
@manages
def enable(request: HttpRequest, user: User, user_id: UUID) -> HttpResponse:
    return _act(
        request, user_id, lambda: team.enable(user_id=user_id, by=user), _("The account is enabled; they sign in anew.")
    )


@require_POST
@manages
def end_sessions(request: HttpRequest, user: User, user_id: UUID) -> HttpResponse:
    return _act(
        request, user_id, lambda: team.end_sessions(user_id=user_id, by=user), _("Every session of theirs is ended.")
    )


@require_POST
@manages
def reset_second_factor(request: HttpRequest, user: User, user_id: UUID) -> HttpResponse:
    done = _("The second factor is removed, and every session is ended. They are told by mail.")
    return _act(request, user_id, lambda: team.reset_second_factor(user_id=user_id, by=user), done)


@require_POST
@manages
def resend(request: HttpRequest, user: User, invitation_id: UUID) -> HttpResponse:
    ratelimit.hit("team-invite", str(user.pk), RATE)
    return _invitation(request, lambda: invitations.resend(invitation_id=invitation_id, by=user), _("Sent again."))


@require_POST
@manages
def revoke(request: HttpRequest, user: User, invitation_id: UUID) -> HttpResponse:
    return _invitation(request, lambda: invitations.revoke(invitation_id=invitation_id, by=user), _("Revoked."))


def _invitation(request: HttpRequest, act: Callable[[], None], done: object) -> HttpResponse:
    try:
        act()
        messages.success(request, str(done))
    except REFUSALS as error:
        messages.error(request, str(WORDS[type(error)]))
    return redirect("team")
