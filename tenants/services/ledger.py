"""The ledger of a deploy: a row for each tenant schema that was behind. The row is the queue."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, QuerySet

from core import clock
from tenants.models import SchemaMigration
from tenants.services import migrations, schemas

State = SchemaMigration.State
PROCESS_ENDED = "The process that migrated it ended: it was killed, or the machine ran out of memory."


def rows() -> QuerySet[SchemaMigration]:
    """All of it, read and written by the owner role."""
    return SchemaMigration.objects.using(schemas.OWNER)


@transaction.atomic(using=schemas.OWNER)
def owe(behind: Iterable[str]) -> None:
    """Owe these schemas the newest migrations, and settle what a killed deploy left. Nobody may deploy meanwhile."""
    fingerprint, behind = migrations.fingerprint(), list(behind)
    rows().exclude(schema_name__in=schemas.tenant_schemas()).delete()
    rows().exclude(state=State.DONE).exclude(schema_name__in=behind).update(
        state=State.DONE, error="", fingerprint=fingerprint, heads=migrations.heads(), finished_at=clock.now()
    )
    rows().filter(schema_name__in=behind).exclude(fingerprint=fingerprint).update(attempts=0)
    rows().bulk_create(
        [SchemaMigration(schema_name=schema, fingerprint=fingerprint) for schema in behind],
        update_conflicts=True,
        unique_fields=["schema_name"],
        update_fields=["state", "error", "fingerprint", "heads", "started_at", "finished_at"],
    )


def canary_lives() -> bool:
    """Whether some tenant has these migrations already, by this deploy or one that was killed."""
    return rows().filter(state=State.DONE, fingerprint=migrations.fingerprint()).exists()


def owed() -> int:
    """How many schemas wait for their turn."""
    return rows().filter(state=State.OWED).count()


@transaction.atomic(using=schemas.OWNER)
def claim(schema: str = "") -> str | None:
    """Take a schema that is owed, or this one; None when there is none left."""
    owed = rows().filter(state=State.OWED, **({"schema_name": schema} if schema else {}))
    row = owed.select_for_update(skip_locked=True).first()
    if row is None:
        return None
    rows().filter(pk=row.pk).update(state=State.RUNNING, started_at=clock.now(), attempts=F("attempts") + 1)
    return str(row.pk)


def done(schema: str) -> None:
    """Record that the schema has the newest migrations."""
    rows().filter(pk=schema).update(state=State.DONE, error="", heads=migrations.heads(), finished_at=clock.now())


def failed(schema: str, error: str) -> None:
    """Record why the schema could not be migrated."""
    rows().filter(pk=schema).update(state=State.FAILED, error=error[:300], finished_at=clock.now())


def bury_the_dead() -> None:
    """What still runs after all processes ended was held by one that was killed."""
    rows().filter(state=State.RUNNING).update(state=State.FAILED, error=PROCESS_ENDED, finished_at=clock.now())


@dataclass(frozen=True, slots=True)
class Standing:
    """Where all tenant schemas stand: how many there are, and a line of the ledger for each that is behind, or none."""

    schemas: int
    behind: dict[str, SchemaMigration | None]


def standing() -> Standing:
    """One look at every schema's record, and one into the ledger."""
    every = schemas.tenant_schemas()
    behind = [schema for schema in schemas.drifted() if schema in set(every)]
    known = rows().in_bulk(behind)
    return Standing(len(every), {schema: known.get(schema) for schema in behind})
