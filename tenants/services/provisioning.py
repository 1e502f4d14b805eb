"""Making a tenant: a task with visible steps that can resume where it failed, or be removed."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connections, transaction

from accounts.models import normalise_email
from core import clock, due, state, tasks, tenancy
from core.state import TransitionNotAllowed
from keys import ring
from tenants.models import Domain, ProvisioningStep, Tenant
from tenants.services import blueprint, owners, schemas, trials

log = structlog.get_logger()
Step = Callable[[Tenant], None]
_registered: list[tuple[str, Step]] = []
_last: list[tuple[str, Step]] = []
_undo: dict[str, Step] = {}


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan that a tenant can be set up on: what it costs a month, and how it is tried."""

    code: str
    name: str
    price_usd: Decimal
    interviews_a_month: int
    trial_interviews: int
    trial_days: int


_plans: list[Callable[[], list[Offer]]] = []


class ProvisioningFailed(RuntimeError):
    """A step of making the tenant failed; the tenant can be resumed or removed."""


class SchemaNotEmpty(RuntimeError):
    """A schema of this name was left by another tenant, whose people and content would be the new one's."""


class NotRemovable(RuntimeError):
    """Only a tenant whose set-up failed can be removed here."""


def register_step(name: str, step: Step, *, undo: Step, last: bool = False) -> None:
    """Add a step of another app (a subscription), run after the schema is complete (called in AppConfig.ready).

    A `last` one comes after all the others: a mail that leads into the tenant.
    `undo` takes away what the step stored in public, if it got so far, before a failed tenant is removed.
    """
    if name not in _undo:
        (_last if last else _registered).append((name, step))
        _undo[name] = undo


def offer_plans(offers: Callable[[], list[Offer]]) -> None:
    """Say which plans a tenant can be set up on, cheapest first (called in AppConfig.ready)."""
    _plans[:] = [offers]


def offers() -> list[Offer]:
    """The plans on offer."""
    return [offer for look in _plans for offer in look()]


def plans() -> list[tuple[str, str]]:
    """Code and name of the plans on offer."""
    return [(offer.code, offer.name) for offer in offers()]


def host_of(subdomain: str) -> str:
    """The host that a tenant with this subdomain answers on."""
    return f"{subdomain}.{settings.BASE_DOMAIN}"


@transaction.atomic
def create_tenant(
    *,
    name: str,
    subdomain: str,
    plan_code: str,
    brand_color: str = "#4338ca",
    owner_email: str = "",
    contact_email: str = "",
) -> Tenant:
    """Register a tenant; it serves once `provision` has run.

    :raises django.core.exceptions.ValidationError: for a bad or taken subdomain, colour or address.
    """
    tenant = Tenant(
        name=name,
        subdomain=subdomain,
        schema_name=subdomain.replace("-", "_"),
        plan_code=plan_code,
        brand_color=brand_color,
        owner_email=normalise_email(owner_email),
        contact_email=contact_email,
    )
    tenant.full_clean()
    tenant.save()
    Domain.objects.create(tenant=tenant, domain=host_of(subdomain), is_primary=True)
    return tenant


def start(tenant: Tenant) -> None:
    """Provision in the background."""
    message = {"tenant_id": str(tenant.pk)}
    transaction.on_commit(lambda: tasks.send("tenants.provision", message))


def provision(*, tenant_id: UUID) -> Tenant:
    """Run every step that is not done yet; safe to run again. A tenant that was set up once stays as it is.

    :raises ProvisioningFailed: if a step failed; its row says why.
    """
    tenant = Tenant.objects.get(pk=tenant_id)
    if tenant.status not in (Tenant.Status.PROVISIONING, Tenant.Status.FAILED):
        return tenant
    if tenant.status == Tenant.Status.FAILED:
        state.move(tenant, Tenant.Status.PROVISIONING)
    for name, step in _steps():
        _run_step(tenant, name, step)
    try:
        state.move(tenant, Tenant.Status.READY, source=Tenant.Status.PROVISIONING)
    except TransitionNotAllowed:
        log.info("provisioning_done_by_another", tenant=tenant.schema_name)
        tenant.refresh_from_db()
    tenancy.forget()
    return tenant


def _steps() -> list[tuple[str, Step]]:
    return [
        ("schema", _make_schema),
        ("tables", lambda tenant: blueprint.make_tables(tenant.schema_name)),
        ("check", lambda tenant: schemas.require_complete(tenant.schema_name)),
        ("key", lambda tenant: ring.create_tenant_key(tenant.pk)),
        *_registered,
        ("owner", _invite_owner),
        *_last,
    ]


def _make_schema(tenant: Tenant) -> None:
    schema = tenant.schema_name
    if schemas.has_tables(schema) and not tenant.steps.filter(name="tables").exists():
        raise SchemaNotEmpty(f"{schema} holds tables already; removing this tenant drops them.")
    schemas.create(schema)


def _run_step(tenant: Tenant, name: str, step: Step) -> None:
    row, _ = ProvisioningStep.objects.get_or_create(tenant=tenant, name=name)
    if row.status == ProvisioningStep.Status.DONE:
        return
    begun = {"status": ProvisioningStep.Status.RUNNING, "started_at": clock.now(), "finished_at": None, "error": ""}
    ProvisioningStep.objects.filter(pk=row.pk).update(**begun)
    try:
        step(tenant)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"[:200]
        ProvisioningStep.objects.filter(pk=row.pk).update(
            status=ProvisioningStep.Status.FAILED, error=reason, finished_at=clock.now()
        )
        state.move(tenant, Tenant.Status.FAILED)
        log.error("provisioning_failed", step=name, exc_info=True)
        raise ProvisioningFailed(f"The step {name!r} failed: {reason}") from error
    ProvisioningStep.objects.filter(pk=row.pk).update(status=ProvisioningStep.Status.DONE, finished_at=clock.now())


def _invite_owner(tenant: Tenant) -> None:
    if not tenant.owner_email:
        return
    with tenancy.enter(tenant.schema_name):
        owners.invite(email=tenant.owner_email, name=tenant.owner_email)


def remove_failed(*, tenant_id: UUID) -> None:
    """Remove a tenant whose set-up failed, with its schema, its key and what is owed for it.

    Its row goes last: cut off anywhere, it is there to be removed again, and nobody gets its name with its schema.

    :raises NotRemovable: for any other tenant.
    """
    with transaction.atomic():
        _failed(tenant_id).steps.all().delete()  # if it is resumed after all, nothing that goes now counts as done
    with transaction.atomic():
        tenant = _failed(tenant_id)
        ring.destroy_tenant(tenant.pk)
        schemas.drop(tenant.schema_name)
        due.forget_tenant(tenant.schema_name)
        for undo in reversed(_undo.values()):
            undo(tenant)
        trials.forget(tenant)
        tenant.delete()
    connections[schemas.OWNER].close()


def _failed(tenant_id: UUID) -> Tenant:
    """Held until the transaction ends, so that nobody resumes it meanwhile."""
    tenant = Tenant.objects.select_for_update().get(pk=tenant_id)
    if tenant.status != Tenant.Status.FAILED:
        raise NotRemovable(f"{tenant.subdomain} is {tenant.get_status_display()}.")
    return tenant


def ensure_tenant(
    *, name: str, subdomain: str, plan_code: str, brand_color: str = "#4338ca", contact_email: str = ""
) -> Tenant:
    """The tenant with this subdomain, made and provisioned when there is none.

    :raises django.core.exceptions.ValidationError: for a bad subdomain.
    """
    tenant = Tenant.objects.filter(subdomain=subdomain).first()
    if tenant is None:
        tenant = create_tenant(
            name=name, subdomain=subdomain, plan_code=plan_code, brand_color=brand_color, contact_email=contact_email
        )
    return provision(tenant_id=tenant.pk)
