"""Single sign-on alone: local sign-in is refused to all but one account, for the day when the provider is away."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.roles import Permission, Role
from accounts.services import signing_in
from accounts.services.signing_in import LocalSignInRefused, Method
from core import audit, clock, due, pool, tenancy
from core.tasks import enqueue
from tenants.models import SamlConnection
from tenants.selectors import sso as sso_selectors
from tenants.services import sso, staff_mail

KIND = "break_glass_mail"


class NotReady(Exception):
    """Passwords can't be refused yet; the message says what is missing."""


@transaction.atomic
def enforce(*, break_glass_user_id: UUID, by: User) -> None:
    """Refuse local sign-in to everybody but this account; choosing another account is enforcing again.

    Sessions that a password or passkey began end at once, but for those of this account and of `by`, who may have to
    take it back.

    :raises NotReady: unless it is on, was tested with the present settings, and the account can really sign in.
    """
    by.require(Permission.MANAGE_SIGN_IN)
    connection = sso.locked()
    if not connection.enabled:
        raise NotReady(_("Turn single sign-on on first."))
    if connection.tested_at is None:
        raise NotReady(_("Make a test sign-in with the present settings first; it must succeed."))
    if not sso.has_usable_certificate(connection, clock.now()):
        raise NotReady(_("Every certificate of the identity provider is over. Give its new metadata first."))
    if not any(one.pk == break_glass_user_id for one in sso_selectors.break_glass_candidates()):
        raise NotReady(_("Choose an active owner or admin with a password as the break-glass account."))
    SamlConnection.objects.filter(pk=connection.pk).update(enforced=True, break_glass_user_id=break_glass_user_id)
    ended = signing_in.end_local(but={break_glass_user_id, by.pk})
    audit.record("sso.enforced", connection, break_glass_user=str(break_glass_user_id), sessions_ended=ended)


@transaction.atomic
def relax(*, by: User) -> None:
    """Take passwords from everybody again."""
    by.require(Permission.MANAGE_SIGN_IN)
    connection = sso.locked()
    if SamlConnection.objects.filter(pk=connection.pk, enforced=True).update(enforced=False):
        audit.record("sso.relaxed", connection)


def local_rule(user: User, method: Method) -> Method:
    """How a local sign-in of this person is recorded. Each use of the break-glass account is audited, and its owners
    are owed a mail: from the right password on, whether or not a second factor follows, and once for both.

    :raises accounts.services.signing_in.LocalSignInRefused: if single sign-on is the only way in for this person.
    """
    connection = _enforced()
    if connection is None:
        return method
    if connection.break_glass_user_id != user.pk:
        raise LocalSignInRefused(str(user.pk))
    if method == Method.BREAK_GLASS:
        return method
    with transaction.atomic():
        audit.record("sso.break_glass_used", user, method=method)
        due.owe(KIND, user.pk)
        enqueue("tenants.tell_of_break_glass", user_id=user.pk)
    return Method.BREAK_GLASS


def _enforced() -> SamlConnection | None:
    if isinstance(tenancy.in_use(), tenancy.Platform):
        return None  # the platform's own staff
    return SamlConnection.objects.filter(tenant_id=tenancy.tenant_id(), enforced=True).first()


def tell_owners(*, user_id: UUID) -> None:
    """Mail every owner that the break-glass account was used. A mail server that is away: the sweeper comes again."""
    user = User.objects.filter(pk=user_id).first()
    if user is not None:
        owners = list(
            User.objects.filter(role=Role.OWNER, is_active=True).order_by("pk").values_list("email", flat=True)
        )
        pool.give_back()
        staff_mail.send("break_glass", owners, {"email": user.email})
    due.settle(KIND, user_id)
