"""What the settings show of the tenant's directory."""

from core import tenancy
from tenants.models import ScimConnection


def connection() -> ScimConnection | None:
    """The current tenant's connection, if there ever was one."""
    return ScimConnection.objects.filter(tenant_id=tenancy.tenant_id()).first()


def role_lines() -> str:
    """The list of roles as its form writes it."""
    row = connection()
    return "\n".join(f"{group} = {role}" for group, role in sorted(row.group_roles.items())) if row else ""
