"""What a restore must not bring back: a key, a token, a grant or a link that was ended since the backup was made."""

from django.db import connections, transaction

from core.backups import ending
from keys.models import TenantKey

REVOKE = "UPDATE {} SET revoked_at = now() WHERE revoked_at IS NULL"
END_TOKEN = "UPDATE {} SET hashed = '', previous_hashed = '', previous_until = NULL WHERE hashed <> ''"
END_GRANT = "UPDATE {} SET status = 'ended', closed_at = now(), link_hash = '' WHERE status IN ('requested', 'open')"
END_SIGN_UP = "UPDATE {} SET token_hash = '', expires_at = now() WHERE status = 'open' AND expires_at > now()"
KEYLESS = """
    SELECT id, subdomain, status FROM public.tenants_tenant
     WHERE status IN ('ready', 'suspended', 'closing') AND NOT id = ANY(%s) ORDER BY subdomain FOR UPDATE"""
SUSPEND = """
    UPDATE public.tenants_tenant SET status = 'suspended', suspended_at = now()
     WHERE status = 'ready' AND id = ANY(%s)"""


def end_secrets() -> str:
    """Revoke every API key and end every SCIM token, also those that were rotated; says how many."""
    keys = ending.in_every_schema("tenants_apikey", REVOKE)
    tokens = ending.in_every_schema("tenants_scimconnection", END_TOKEN)
    return f"{keys} API keys revoked and {tokens} SCIM tokens ended; each company makes new ones"


def end_support_and_sign_ups() -> str:
    """End every support grant that is open or asked for, and every sign-up that nobody confirmed; says how many."""
    grants = ending.in_every_schema("tenants_supportgrant", END_GRANT)
    sign_ups = ending.in_every_schema("tenants_signup", END_SIGN_UP)
    return f"{grants} support grants and {sign_ups} sign-ups ended; ask again"


def suspend_without_key() -> str:
    """Name every tenant that has no key, so that nothing of its content opens, and suspend those that were ready.

    It was closed since the backup of the main database, or made after that of the keys. One that is closing goes on
    with that, and its due row removes it.
    """
    with_key = list(TenantKey.objects.order_by().values_list("tenant_id", flat=True).distinct())
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(KEYLESS, [with_key])
        found = cursor.fetchall()
        if not found:
            return "every tenant has its key"
        cursor.execute(SUSPEND, [[tenant_id for tenant_id, _, _ in found]])
    named = ", ".join(f"{subdomain} (was {status})" for _, subdomain, status in found)
    return (
        f"no key for {named}: closed since the backup, or made after that of the keys. Their content does not open, and"
        " those that were ready are suspended. Close again whoever was closed; for others restore with later keys"
    )
