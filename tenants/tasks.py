from uuid import UUID

from celery import shared_task

from core import pool, tenancy
from core.tasks import tenant_task
from tenants.services import (
    certificate_warnings,
    closing,
    closing_mail,
    custom_domains,
    email_domains,
    enforcement,
    exporting,
    provisioning,
    signup,
    support_mail,
    suspension_mail,
)
from tenants.services.saml import requests


@shared_task(name="tenants.provision", queue="default")  # type: ignore[untyped-decorator]
def provision(*, tenant_id: str) -> None:
    try:
        with tenancy.enter_platform():
            provisioning.provision(tenant_id=UUID(tenant_id))
    except provisioning.ProvisioningFailed:
        pass  # the step's row says why, and the admin offers to resume
    finally:
        pool.give_back()


@shared_task(name="tenants.send_sign_up_mail", queue="default")  # type: ignore[untyped-decorator]
def send_sign_up_mail(*, sign_up_id: str) -> None:
    try:
        with tenancy.enter_platform():
            signup.send_mail(sign_up_id=UUID(sign_up_id))
    finally:
        pool.give_back()


@shared_task(name="tenants.look_after_sign_ups", queue="default")  # type: ignore[untyped-decorator]
def look_after_sign_ups() -> None:
    try:
        with tenancy.enter_platform():
            signup.look_after()
    finally:
        pool.give_back()


@shared_task(name="tenants.carry_out_closing", queue="default")  # type: ignore[untyped-decorator]
def carry_out_closing(*, closing_id: str, tenant: str = "") -> None:
    """In the public schema: the tenant's own is what goes."""
    try:
        with tenancy.enter_platform():
            closing.carry_out(closing_id=UUID(closing_id))
    finally:
        pool.give_back()


@tenant_task("tenants.look_at_domain", queue="default")
def look_at_domain(*, domain_id: UUID) -> None:
    custom_domains.look_again(domain_id=domain_id)


@tenant_task("tenants.look_at_email_domain", queue="default")
def look_at_email_domain(*, domain_id: UUID) -> None:
    email_domains.look_again(domain_id=domain_id)


@tenant_task("tenants.build_export", queue="default")
def build_export(*, export_id: UUID) -> None:
    exporting.build(export_id=export_id)


@tenant_task("tenants.expire_export", queue="default")
def expire_export(*, export_id: UUID) -> None:
    exporting.expire(export_id=export_id)


@tenant_task("tenants.warn_of_certificates", queue="default")
def warn_of_certificates(*, connection_id: UUID) -> None:
    certificate_warnings.warn(connection_id=connection_id)


@tenant_task("tenants.tell_of_break_glass", queue="default")
def tell_of_break_glass(*, user_id: UUID) -> None:
    enforcement.tell_owners(user_id=user_id)


@shared_task(name="tenants.forget_saml", queue="default")  # type: ignore[untyped-decorator]
def forget_saml() -> None:
    """Drop expired requests, used assertions and reports of all tenants."""
    try:
        with tenancy.enter_platform():
            requests.forget_expired()
    finally:
        pool.give_back()


@tenant_task("tenants.send_support_mail", queue="default")
def send_support_mail(*, grant_id: UUID) -> None:
    support_mail.send(grant_id=grant_id)


@tenant_task("tenants.send_closing_mail", queue="default")
def send_closing_mail(*, closing_id: UUID) -> None:
    closing_mail.send(closing_id=closing_id)


@tenant_task("tenants.send_suspension_mail", queue="default")
def send_suspension_mail(*, tenant_row_id: UUID) -> None:
    suspension_mail.send(tenant_id=tenant_row_id)
