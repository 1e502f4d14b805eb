"""All that a tenant holds, taken along by its owner: one ZIP with a file of JSON lines for each table.

What other apps keep of it outside of its schema they add (`also`). What was sealed is opened; secrets, sessions and
what only the machinery needs stay behind. On disk the archive is sealed under the tenant's key, so that it can be read
by nobody else, and by nobody once the tenant is closed.
"""

import hashlib
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from django.apps import apps
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import F

from accounts.models import User
from accounts.roles import Permission
from core import audit, clock, due, state, tenancy
from core.state import TransitionNotAllowed
from core.tasks import enqueue
from keys import ring
from keys.fields import SealedTextField
from tenants.models import Tenant, TenantExport
from tenants.services import locks
from tenants.services.sealed_files import SealedWriter, read_sealed

DUE, DUE_EXPIRY = "tenant_export", "tenant_export_expiry"
KEPT = timedelta(hours=24)
LOOKED_AT_AFTER = timedelta(minutes=10)  # longer than most archives take: a second worker would only do it again
MOST_TRIES = 3
CHUNK = 500  # rows
OF_ACCOUNTS = frozenset({"accounts.user", "accounts.identity"})  # the rest are sessions and secrets
LEFT_OUT = re.compile(
    r"password|secret|token_hash|receipt_hash|email_index|idempotency_key|^(fence|lease_until|granted_by)$"
)
Files = Callable[[], Iterator[tuple[str, Iterable[bytes]]]]
ROWS = ".jsonl"

log = structlog.get_logger()
_elsewhere: list[Files] = []


def also(files: Files) -> None:
    """Take along what is kept of the current tenant elsewhere: each file's name and pieces, of ROWS each a row."""
    _elsewhere.append(files)


class NothingToTake(LookupError):
    """There is no archive that this session may download: it was taken, is too old, or is another's."""


class BeingMade(Exception):
    """Another worker makes this archive."""


def ask(*, by: User, session_key: str) -> TenantExport:
    """Have the archive made in the background; earlier ones are gone.

    :raises accounts.roles.NotPermitted: if the role may not take the data along.
    """
    by.require(Permission.CLOSE_TENANT)
    tenant = tenancy.current()
    with transaction.atomic():
        Tenant.objects.select_for_update(no_key=True).get(pk=tenant.pk)  # who asks at the same time comes after this
        ended = [row for row in TenantExport.objects.filter(tenant_id=tenant.pk, status__in=_live()) if _end(row)]
        row = TenantExport.objects.create(
            tenant_id=tenant.pk, user_id=by.pk, session_hash=_hash(session_key), expires_at=clock.now() + KEPT
        )
        due.owe(DUE, row.pk, after=LOOKED_AT_AFTER)
        due.owe(DUE_EXPIRY, row.pk, after=KEPT)
        audit.record("tenant.export_asked", row)
        enqueue("tenants.build_export", export_id=row.pk)
    for older in ended:
        _unlink(older)
    return row


def _live() -> list[str]:
    return state.sources(TenantExport, TenantExport.Status.EXPIRED)


def _end(row: TenantExport) -> bool:
    """Whether nobody can take it because of this call. Its expiry stays owed: it removes what a killed process left."""
    try:
        state.move(row, TenantExport.Status.EXPIRED)
    except TransitionNotAllowed:  # it was taken, or had ended
        return False
    due.settle(DUE, row.pk)
    return True


def build(*, export_id: UUID) -> None:
    """Write the archive, then make it known; safe to run again, and done by one worker at a time."""
    if not due.put_off(DUE, export_id, by=LOOKED_AT_AFTER):
        return  # it was made, failed for good, or is wanted no longer
    try:
        with locks.held(f"export {export_id}", waiting=_leave_it):
            _build(export_id)
    except BeingMade:
        log.info("export_being_made", export=str(export_id))


def _leave_it() -> None:
    raise BeingMade


def _build(export_id: UUID) -> None:
    row = TenantExport.objects.filter(pk=export_id, status=TenantExport.Status.OWED).first()
    if row is None:
        due.settle(DUE, export_id)
        return
    TenantExport.objects.filter(pk=row.pk).update(tries=F("tries") + 1)
    _unlink(row)  # drafts of a worker that was killed
    draft = _path(row).with_suffix(f".{clock.now().timestamp()}")
    try:
        rows, size = _write(row, draft)
        _publish(row, draft, rows, size)
    except TransitionNotAllowed:  # a newer one took its place meanwhile
        log.info("export_not_wanted", export=str(row.pk))
    except Exception as error:
        _failed(row, error)
    finally:
        draft.unlink(missing_ok=True)


def _publish(row: TenantExport, draft: Path, rows: int, size: int) -> None:
    """Give the file its name while the row is ours: whoever ends the archive sees both, or none of them."""
    with transaction.atomic():
        state.move(row, TenantExport.Status.READY, ready_at=clock.now(), rows=rows, size_bytes=size)
        due.settle(DUE, row.pk)
        audit.record("tenant.exported", row, rows=rows)
        draft.replace(_path(row))


def _failed(row: TenantExport, error: Exception) -> None:
    log.error("export_failed", export=str(row.pk), exc_info=error)
    if row.tries + 1 < MOST_TRIES:
        return  # the due row asks again
    try:
        with transaction.atomic():
            state.move(row, TenantExport.Status.FAILED)
            due.settle(DUE, row.pk)
    except TransitionNotAllowed:
        log.info("export_not_wanted", export=str(row.pk))


def _write(row: TenantExport, draft: Path) -> tuple[int, int]:
    """How many rows it holds, and its size in bytes."""
    rows = 0
    draft.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with draft.open("wb") as file:
        with (
            SealedWriter(file, *_sealed_as(row)) as sealed,
            zipfile.ZipFile(sealed, "w", zipfile.ZIP_DEFLATED) as archive,  # type: ignore[call-overload]
        ):
            for name, pieces in _files():
                written = _write_file(archive, name, pieces)
                rows += written if name.endswith(ROWS) else 0
        return rows, file.tell()


def _files() -> Iterator[tuple[str, Iterable[bytes]]]:
    for model in exported_models():
        yield f"{model._meta.db_table}{ROWS}", _lines(model)
    for files in _elsewhere:
        yield from files()


def _write_file(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes]) -> int:
    with archive.open(name, "w") as file:
        return sum(bool(file.write(piece)) for piece in pieces)


def exported_models() -> list[type[models.Model]]:
    """Every model of a tenant's schema, but those of sessions and secrets."""
    found = [model for model in models_of_a_schema() if not model._meta.proxy and model._meta.managed]
    return [model for model in found if model._meta.app_label != "accounts" or model._meta.label_lower in OF_ACCOUNTS]


def models_of_a_schema() -> Iterator[type[models.Model]]:
    for config in apps.get_app_configs():
        if config.name in settings.TENANT_APPS:
            yield from config.get_models(include_auto_created=True)


def _lines(model: type[models.Model]) -> Iterator[bytes]:
    return lines(model._default_manager.all())


def lines(found: models.QuerySet[Any]) -> Iterator[bytes]:
    """Each row as a line of JSON, read in pieces so that no cursor stays open."""
    fields = [field for field in found.model._meta.concrete_fields if _is_exported(field)]
    rows, last = found.order_by("pk"), None
    while True:
        page = list((rows if last is None else rows.filter(pk__gt=last))[:CHUNK])
        _remember_keys(page)
        for row in page:
            yield line({field.attname: _value(row, field) for field in fields})
        if len(page) < CHUNK:
            return
        last = page[-1].pk


def line(values: dict[str, Any]) -> bytes:
    return json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False).encode() + b"\n"


def _is_exported(field: Any) -> bool:
    if LEFT_OUT.search(field.name):
        return False
    return isinstance(field, SealedTextField) or not isinstance(field, models.BinaryField)


def _remember_keys(rows: list[models.Model]) -> None:
    subjects = {found for row in rows if isinstance(found := getattr(row, "subject_id", None), UUID)}
    if subjects:
        ring.remember_subjects(tenancy.tenant_id(), subjects)


def _value(row: models.Model, field: Any) -> Any:
    try:
        return getattr(row, field.attname)
    except ring.KeyDestroyed:
        return None  # this person was erased


def take(*, export_id: UUID, by: User, session_key: str) -> Iterator[bytes]:
    """The archive, once: from now on there is none.

    :raises NothingToTake: for another person or session, a second time, or too late.
    :raises accounts.roles.NotPermitted: if the role may not take the data along.
    """
    by.require(Permission.CLOSE_TENANT)
    own = {"tenant_id": tenancy.current().pk, "user_id": by.pk, "session_hash": _hash(session_key)}
    row = TenantExport.objects.filter(pk=export_id, expires_at__gt=clock.now(), **own).first()
    if row is None:
        raise NothingToTake(str(export_id))
    try:
        with transaction.atomic():
            state.move(row, TenantExport.Status.TAKEN, source=TenantExport.Status.READY)
            audit.record("tenant.export_taken", row)
            file = _path(row).open("rb")
    except (TransitionNotAllowed, FileNotFoundError) as error:
        raise NothingToTake(str(export_id)) from error
    _path(row).unlink(missing_ok=True)
    return read_sealed(file, *_sealed_as(row))


def newest(*, by: User, session_key: str) -> TenantExport | None:
    """What this session asked for last."""
    rows = TenantExport.objects.filter(tenant_id=tenancy.current().pk, user_id=by.pk)
    return rows.filter(session_hash=_hash(session_key)).first()


def expire(*, export_id: UUID) -> None:
    """Its day is over: nobody can take it, then its files go. What asks for this is settled when that is done."""
    row = TenantExport.objects.filter(pk=export_id, tenant_id=tenancy.current().pk).first()
    if row is not None:
        _end(row)
        _unlink(row)
    for kind in (DUE, DUE_EXPIRY):
        due.settle(kind, export_id)


def _unlink(row: TenantExport) -> None:
    """The archive and every draft of it."""
    for file in _folder(row.tenant_id).glob(f"{row.pk}.zip*"):
        file.unlink(missing_ok=True)


def remove_files(tenant_id: UUID) -> None:
    """The tenant was closed: its archives go."""
    shutil.rmtree(_folder(tenant_id), ignore_errors=True)


def _sealed_as(row: TenantExport) -> tuple[bytes, str]:
    """The key, and what each piece is bound to."""
    return ring.derived(row.tenant_id, "export"), f"{row.tenant_id}|export|{row.pk}"


def _path(row: TenantExport) -> Path:
    return _folder(row.tenant_id) / f"{row.pk}.zip.sealed"


def _folder(tenant_id: UUID) -> Path:
    return Path(settings.VAR) / "exports" / str(tenant_id)


def _hash(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()
