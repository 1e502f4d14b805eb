"""What the keys have to say about backups: which key-encryption key opens them."""

from django.conf import settings

from core.backups import BackupError, Concern
from keys import kek, ring
from keys.box import CannotOpen
from keys.models import TenantKey

PUT_THERE = "put the file of that time (your copy, or secrets/kek.key of a backup made --with-secrets)"


class Unreadable(Exception):
    """Tenant keys do not open with the key-encryption key in use."""


def concern() -> Concern:
    return Concern(database="keys", note=kek_ids, require=require_kek, after=require_readable)


def kek_ids() -> list[str]:
    """Fingerprints of the key-encryption keys that wrapped a tenant's key."""
    return sorted(TenantKey.objects.order_by().values_list("kek_id", flat=True).distinct())


def require_kek(noted: list[str] | None) -> None:
    """:raises core.backups.BackupError: if the key-encryption key in use can't be read or is not the backup's."""
    try:
        here = kek.kek_id()
    except kek.BadKek as error:
        raise BackupError(f"{error} It opens no backup: {PUT_THERE} at {settings.KEK_FILE}.") from error
    other = sorted(set(noted or []) - {here})
    if other:
        raise BackupError(
            f"The keys of this backup were wrapped by the key-encryption key {', '.join(other)} and KEK_FILE holds "
            f"{here}: {PUT_THERE} there."
        )


def unreadable() -> tuple[int, list[str]]:
    """How many tenant keys there are, and the ids of the tenants whose key does not open."""
    rows, closed = 0, []
    for row in TenantKey.objects.iterator():
        rows += 1
        try:
            kek.unwrap(bytes(row.wrapped), ring.tenant_context(row.tenant_id, row.version))
        except CannotOpen:
            closed.append(str(row.tenant_id))
    return rows, closed


def require_readable() -> str:
    """:raises Unreadable: naming the tenants."""
    ring.forget()
    rows, closed = unreadable()
    if closed:
        raise Unreadable(f"the keys of {', '.join(closed)} do not open")
    return f"{rows} tenant keys open"
