"""Closing a tenant: a wish, a month to take it back, then its data and its keys are destroyed.

The removal runs in steps that may each run again, from a due row that stays until the certificate is written:
the host answers no more, then (a while later, when no process remembers the tenant) its owners are told, and keys,
schema, rows and files go.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import IntegrityError, connection, connections, transaction
from django.db.models import CASCADE
from psycopg import sql
from redis import RedisError

from core import audit, clock, due, state, tenancy
from core.redis import PREFIX, client
from core.state import TransitionNotAllowed
from keys import ring
from tenants.models import Closing, ClosingCertificate, Tenant
from tenants.services import closing_mail, exporting, schemas

DUE = "tenant_closing"
GRACE = timedelta(days=30)
QUIET = timedelta(minutes=2)  # longer than a request, a task, and what processes remember of a tenant or a key
SCANNED = 500

log = structlog.get_logger()
_when_closed: dict[str, Callable[[Tenant], None]] = {}


class CannotClose(Exception):
    """Only a tenant that serves, or was suspended, can be closed, and only once."""


class CannotCancel(Exception):
    """The closing can't be taken back any more: the data is being removed."""


def when_closed(name: str, act: Callable[[Tenant], None]) -> None:
    """Have `act(tenant)` called when its data goes, in the public schema; it may run again (AppConfig.ready)."""
    _when_closed[name] = act


def request_closing(*, tenant_id: UUID, by: audit.Actor, grace: timedelta = GRACE) -> Closing:
    """Begin the month after which the tenant is removed. `by` is its owner, or a member of the platform's staff.

    :raises CannotClose: if it is being set up, or is closing already.
    """
    tenant = Tenant.objects.get(pk=tenant_id)
    before, now = tenant.status, clock.now()
    try:
        with transaction.atomic():
            state.move(tenant, Tenant.Status.CLOSING, source=before, closes_at=now + grace)
            row = Closing.objects.create(
                tenant=tenant,
                before=before,
                asked_by_type=by.type,
                asked_by_id=by.id,
                asked_at=now,
                ends_at=now + grace,
            )
            _owe(tenant, row, grace)
            _record("tenant.closing_asked", tenant, row)
            closing_mail.owe(row)
    except (TransitionNotAllowed, IntegrityError) as error:
        raise CannotClose(tenant.get_status_display()) from error
    return row


def cancel(*, tenant_id: UUID) -> None:
    """Take the wish back: the tenant is again what it was.

    :raises CannotCancel: if there is none, or it is too late.
    """
    tenant = Tenant.objects.get(pk=tenant_id)
    row = Closing.objects.filter(tenant=tenant, status=Closing.Status.WAITING).first()
    if row is None:
        raise CannotCancel(tenant.subdomain)
    try:
        with transaction.atomic():
            state.move(row, Closing.Status.CANCELLED)
            state.move(tenant, row.before, source=Tenant.Status.CLOSING, closes_at=None)
            with tenancy.enter(tenant.schema_name):
                due.settle(DUE, row.pk)
            _record("tenant.closing_cancelled", tenant, row)
            closing_mail.owe(row)
    except TransitionNotAllowed as error:
        raise CannotCancel(tenant.subdomain) from error


def current(tenant_id: UUID) -> Closing | None:
    """The wish that can still be taken back."""
    return Closing.objects.filter(tenant_id=tenant_id, status=Closing.Status.WAITING).first()


def carry_out(*, closing_id: UUID) -> None:
    """What the due row asks for: first stop serving, and on a later look remove all there is. Safe to run again."""
    row = Closing.objects.select_related("tenant").filter(pk=closing_id).first()
    now = clock.now()
    if row is None or (row.status == Closing.Status.WAITING and row.ends_at > now):
        return
    if row.status == Closing.Status.WAITING:
        _stop_serving(row)
    elif row.status == Closing.Status.REMOVING and row.removing_since and row.removing_since <= now - QUIET:
        try:
            _remove(row)
        except TransitionNotAllowed:
            log.info("closing_done_by_another", closing=str(row.pk))


def _counts(schema: str) -> dict[str, int]:
    """Table -> rows, of a tenant's schema."""
    found = {}
    with connection.cursor() as cursor:
        for model in exporting.models_of_a_schema():
            table = model._meta.db_table
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table)))
            found[table] = int(cursor.fetchone()[0])
    return found


def _stop_serving(row: Closing) -> None:
    tenant, found = row.tenant, _counts(row.tenant.schema_name)
    try:
        with transaction.atomic():
            state.move(row, Closing.Status.REMOVING, removing_since=clock.now(), found=found)
            _owe(tenant, row, QUIET)
            closing_mail.owe(row)
            state.move(tenant, Tenant.Status.CLOSED, source=Tenant.Status.CLOSING)
            transaction.on_commit(tenancy.forget)
    except TransitionNotAllowed:  # taken back at this moment, or another worker was first
        log.info("closing_moved_on", closing=str(row.pk))


def _remove(row: Closing) -> None:
    """Each step may run again; the certificate is the last, with the due row that would ask once more."""
    tenant = row.tenant
    if not closing_mail.told_of_end(row):
        return
    ring.destroy_tenant(tenant.pk)
    destroyed_at = clock.now()
    for act in _when_closed.values():
        act(tenant)
    schemas.drop(tenant.schema_name)
    connections[schemas.OWNER].close()
    _forget_in_redis(tenant.schema_name)
    exporting.remove_files(tenant.pk)
    with transaction.atomic():
        _remove_public_rows(tenant)
        state.move(row, Closing.Status.DONE)
        _certify(row, destroyed_at)
        due.forget_tenant(tenant.schema_name)
        _strip(tenant)
        audit.record("tenant.closed", tenant, closing=str(row.pk))


def _certify(row: Closing, keys_destroyed_at: datetime) -> None:
    tenant = row.tenant
    ClosingCertificate.objects.create(
        tenant=tenant,
        name_hash=hashlib.sha256(tenant.name.encode()).hexdigest(),
        asked_by_type=row.asked_by_type,
        asked_by_id=row.asked_by_id,
        asked_at=row.asked_at,
        keys_destroyed_at=keys_destroyed_at,
        closed_at=clock.now(),
        removed=row.found,
    )


def _remove_public_rows(tenant: Tenant) -> None:
    """Whatever hangs on the tenant's row and would go with it; what is protected (bills) stays."""
    for relation in Tenant._meta.related_objects:
        if relation.on_delete is CASCADE:
            relation.related_model._default_manager.filter(**{relation.field.name: tenant}).delete()


def _strip(tenant: Tenant) -> None:
    """The row stays for its id and its subdomain, which nobody else may get: old links and cookies lead there."""
    Tenant.objects.filter(pk=tenant.pk).update(
        name=tenant.subdomain,
        owner_email="",
        contact_email="",
        has_logo=False,
        primary_host="",
        brand_color=Tenant._meta.get_field("brand_color").default,
    )
    transaction.on_commit(tenancy.forget)


def _forget_in_redis(schema: str) -> None:
    """Every key that carries the tenant: caches, streams, counters. Redis away: they end by themselves, sealed."""
    try:
        for key in client().scan_iter(match=f"{PREFIX}:{schema}:*", count=SCANNED):
            client().unlink(key)
    except RedisError:
        log.warning("redis_keys_left", tenant=schema)


def _owe(tenant: Tenant, row: Closing, after: timedelta) -> None:
    with tenancy.enter(tenant.schema_name):
        due.owe(DUE, row.pk, after=after)


def _record(action: str, tenant: Tenant, row: Closing) -> None:
    """In the tenant's own trail, where its people can see it, and in the platform's, which outlasts it."""
    with tenancy.enter(tenant.schema_name):
        audit.record(action, row)
    with tenancy.enter_platform():
        audit.record(action, row, tenant=str(tenant.pk))
    transaction.on_commit(tenancy.forget)
