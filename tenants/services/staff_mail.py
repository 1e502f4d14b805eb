"""Mail to the people who run a tenant, about signing in. Whoever calls holds no connection, and is asked again."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import QuerySet

from accounts.models import User
from accounts.roles import MATRIX, Permission
from core import letters, tenancy


def people(permission: Permission) -> QuerySet[User]:
    """The active people of this tenant whose role holds `permission`."""
    roles = [role for role, allowed in MATRIX.items() if permission in allowed]
    return User.objects.filter(role__in=roles, is_active=True)


def addresses(permission: Permission) -> list[str]:
    """The addresses of these people, in order."""
    return list(people(permission).order_by("email").values_list("email", flat=True))


def send(kind: str, recipients: list[str], context: dict[str, Any]) -> None:
    """One mail to each, from the templates `tenants/mail/<kind>*`.

    :raises Exception: whatever the mail server's library raises.
    """
    tenant = tenancy.current()
    context = {"company": tenant.name, "page_url": tenant.page("sso")} | context
    subject, text = letters.write(f"tenants/mail/{kind}", context)
    for recipient in recipients:
        EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, [recipient]).send()
