"""Who signs in with which name of the identity provider: accounts that were here before it are linked by hand."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.roles import NotPermitted, Permission
from accounts.views.guard import permitted
from tenants.forms.sso import LinkForm
from tenants.models import SamlConnection
from tenants.selectors import sso as sso_selectors
from tenants.services.saml import people
from tenants.services.saml.refusals import Refused


@require_safe
@permitted(Permission.MANAGE_SIGN_IN)
def listing(request: HttpRequest, user: User) -> HttpResponse:
    """Everybody who may sign in, with the name they are linked to."""
    present = _connection()
    by_address = not present.email_attribute
    rows = [(one, _form(one, by_address)) for one in sso_selectors.linked_people(present, viewer=user)]
    context = {"rows": rows, "by_address": by_address, "gives_roles": present.group_roles and present.groups_attribute}
    return render(request, "tenants/sso/people.html", context)


def _form(one: sso_selectors.Linked, by_address: bool) -> LinkForm:
    return LinkForm(initial={"subject": one.user.email if by_address else ""}, auto_id=f"{one.user.pk}-%s")


@require_POST
@permitted(Permission.MANAGE_SIGN_IN)
def link(request: HttpRequest, user: User, user_id: UUID) -> HttpResponse:
    try:
        people.link(connection=_connection(), user_id=user_id, subject=request.POST.get("subject", ""), by=user)
        messages.success(request, _("Linked. From now on the identity provider signs this account in."))
    except people.AlreadyLinked:
        messages.error(request, _("This account or this name is linked already. Unlink that first."))
    except Refused as error:
        messages.error(request, str(error.sentence))
    except (User.DoesNotExist, NotPermitted) as error:
        raise Http404 from error
    return _back()


@require_POST
@permitted(Permission.MANAGE_SIGN_IN)
def unlink(request: HttpRequest, user: User, user_id: UUID) -> HttpResponse:
    try:
        people.unlink(connection=_connection(), user_id=user_id, by=user)
        messages.success(request, _("Unlinked; the account's sessions are ended."))
    except (User.DoesNotExist, NotPermitted) as error:
        raise Http404 from error
    return _back()


def _connection() -> SamlConnection:
    present = sso_selectors.connection()
    if present is None:
        raise Http404
    return present


def _back() -> HttpResponse:
    response = redirect("sso_people")
    response.status_code = 303
    return response
