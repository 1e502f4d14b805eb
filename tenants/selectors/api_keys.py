"""What a tenant's settings show of its programs."""

from dataclasses import dataclass

from accounts.models import User
from accounts.programs import Scope
from core import clock, tenancy
from tenants.models import ApiKey


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as its page lists it; `shown` is the part by which people tell keys apart."""

    key: ApiKey
    shown: str
    scopes: list[str]
    maker: str
    state: str

    @property
    def works(self) -> bool:
        return self.state == "works"


def listed() -> list[KeyRow]:
    """The current tenant's keys, newest first; of those that ended, the fifty newest."""
    tenant, now = tenancy.current(), clock.now()
    found = list(ApiKey.objects.filter(tenant_id=tenant.pk)[:150])
    names = {user.pk: str(user) for user in User.objects.filter(pk__in={key.made_by for key in found})}
    labels = dict(Scope.choices)
    rows = [
        KeyRow(
            key=key,
            shown=f"cnd_{tenant.subdomain}_{key.prefix}…",
            scopes=[str(labels.get(scope, scope)) for scope in key.scopes],
            maker=names.get(key.made_by, ""),
            state="revoked" if key.revoked_at else "works" if key.expires_at > now else "expired",
        )
        for key in found
    ]
    return [row for row in rows if row.works] + [row for row in rows if not row.works][:50]
