"""Requests that wait for their answer, and messages that were used. Each is used once, however many arrive at once."""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from core.clock import now
from core.ids import uuid7
from tenants.models import SamlReport, SamlRequest, SamlUse, Tenant

WAITS = timedelta(minutes=10)
COOKIE = "__Host-saml"
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
MOST_WAITING = 20  # of one browser
TAKE = "DELETE FROM public.tenants_samlrequest WHERE id = %s AND expires_at > statement_timestamp() RETURNING id"
USE = """
    INSERT INTO public.tenants_samluse (id, tenant_id, message_id, expires_at) VALUES (%s, %s, %s, %s)
    ON CONFLICT (tenant_id, message_id) DO NOTHING"""


def browser_secret(cookie: str) -> str:
    """What the browser's cookie shall hold: what it holds already (two tabs share it), or a new secret."""
    return cookie if SECRET.fullmatch(cookie) else secrets.token_urlsafe(32)


def remember(
    *, tenant: Tenant, request_id: str, relay_key: str, secret: str, purpose: str, next_path: str, user_id: UUID | None
) -> None:
    """Await the answer to a request that this browser takes to the identity provider."""
    SamlRequest.objects.create(
        tenant=tenant,
        request_id=request_id,
        relay_key=relay_key,
        browser=_hashed(secret),
        purpose=purpose,
        next_path=next_path,
        user_id=user_id,
        expires_at=now() + WAITS,
    )


def waiting(*, tenant: Tenant, cookie: str, purposes: list[str]) -> list[SamlRequest]:
    """What this browser waits for in this tenant."""
    if not SECRET.fullmatch(cookie):
        return []
    rows = SamlRequest.objects.filter(
        tenant=tenant, browser=_hashed(cookie), purpose__in=purposes, expires_at__gt=Now()
    )
    return list(rows.order_by("-created_at")[:MOST_WAITING])


def take(request: SamlRequest) -> bool:
    """Use the request up; False if somebody did already, or it expired. One statement decides."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [request.pk])
        return cursor.fetchone() is not None


def use(*, tenant: Tenant, message_id: str, expires_at: datetime) -> bool:
    """Use a message up until it expires; False if it was used before. A unique constraint decides."""
    with connection.cursor() as cursor:
        cursor.execute(USE, [uuid7(), tenant.pk, message_id, expires_at])
        return cursor.rowcount == 1


def forget_expired() -> int:
    """Delete what expired, over all tenants in one statement a table; says how many rows."""
    expired = [model.objects.filter(expires_at__lt=Now()) for model in (SamlRequest, SamlUse, SamlReport)]
    return sum(rows.delete()[0] for rows in expired)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
