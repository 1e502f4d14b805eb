from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        from accounts import admin_site
        from tenants import checks  # noqa: F401

        admin_site.install()
        _forget_what_changes()
        _owe()
        _follow_people()
        _say_what_is_used()
        _stand_by()


def _forget_what_changes() -> None:
    """A tenant or a host that is saved or removed is looked up anew."""
    from core import tenancy
    from tenants.models import Domain, Tenant

    def forget(**kwargs: object) -> None:
        tenancy.forget()

    for model in (Tenant, Domain):
        post_save.connect(forget, sender=model, weak=False, dispatch_uid=f"forget-{model.__name__}-saved")
        post_delete.connect(forget, sender=model, weak=False, dispatch_uid=f"forget-{model.__name__}-deleted")


def _owe() -> None:
    """What falls due later. A tenant that is not served any more still gets mails, loses archives, and is closed."""
    from core import due
    from tenants.services import (
        certificate_warnings,
        closing,
        closing_mail,
        custom_domains,
        email_domains,
        enforcement,
        exporting,
        support_mail,
        suspension_mail,
    )

    due.register(custom_domains.DUE, task="tenants.look_at_domain", keyword="domain_id")
    due.register(email_domains.DUE, task="tenants.look_at_email_domain", keyword="domain_id")
    due.register(exporting.DUE, task="tenants.build_export", keyword="export_id")
    due.register(exporting.DUE_EXPIRY, task="tenants.expire_export", keyword="export_id", any_status=True)
    due.register(certificate_warnings.KIND, task="tenants.warn_of_certificates", keyword="connection_id")
    due.register(enforcement.KIND, task="tenants.tell_of_break_glass", keyword="user_id")
    due.register(support_mail.KIND, task="tenants.send_support_mail", keyword="grant_id")
    due.register(closing.DUE, task="tenants.carry_out_closing", keyword="closing_id", any_status=True)
    due.register(closing_mail.KIND, task="tenants.send_closing_mail", keyword="closing_id", any_status=True)
    due.register(suspension_mail.KIND, task="tenants.send_suspension_mail", keyword="tenant_row_id", any_status=True)


def _say_what_is_used() -> None:
    """Features of a plan that the current tenant uses: it can't go to one without them."""
    from core import entitlements, tenancy
    from core.entitlements import Feature
    from tenants.models import CustomDomain, SamlConnection, ScimConnection

    def saml() -> bool:
        return SamlConnection.objects.filter(tenant_id=tenancy.tenant_id(), enabled=True).exists()

    def scim() -> bool:
        return ScimConnection.objects.filter(tenant_id=tenancy.tenant_id()).exclude(hashed="").exists()

    def domain() -> bool:
        return CustomDomain.objects.filter(tenant_id=tenancy.tenant_id(), verified_at__isnull=False).exists()

    entitlements.uses(Feature.SSO, saml)
    entitlements.uses(Feature.SCIM, scim)
    entitlements.uses(Feature.CUSTOM_DOMAIN, domain)


def _follow_people() -> None:
    """What a disabled person loses, who may sign in with a password, and the invitation of a new tenant's owner."""
    from accounts.services import people, signing_in
    from tenants.services import api_keys, enforcement, provisioning, signup, support

    people.when_disabled("api keys", api_keys.revoke_of)
    people.when_disabled("support", support.end_all_of)
    signing_in.restrict_local("sso", enforcement.local_rule)
    provisioning.register_step("invitation", signup.invite_owner, undo=lambda tenant: None, last=True)


def _stand_by() -> None:
    """What the doctor asks, and what must not come back from a backup."""
    from core import backups, doctor
    from tenants import examination
    from tenants.services import after_restore

    doctor.register("migrations", examination.migrations, needs=("database",))
    doctor.register("tenants", examination.tenants, needs=("database",))
    backups.register("keys and directories", backups.Concern(after=after_restore.end_secrets))
    backups.register("support and sign-ups", backups.Concern(after=after_restore.end_support_and_sign_ups))
    backups.register("tenants without a key", backups.Concern(after=after_restore.suspend_without_key))
