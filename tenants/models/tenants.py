"""Tenants, their hosts, and the steps of making one (public schema)."""

import re
from collections.abc import Collection
from typing import ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from core.ids import uuid7

SUBDOMAIN = re.compile(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?")
COLOR = re.compile(r"#[0-9a-fA-F]{6}")
RESERVED = frozenset(
    {"public", "admin", "api", "www", "app", "mail", "static", "assets", "status", "help", "support", "docs", "blog"}
    | {"candor", "internal", "health", "metrics"}
    | {"information-schema"}  # its schema would be one of the database's own
    | {"llm", "broker", "limit", "worker", "sweep"}  # keys in Redis begin with a schema, or with one of these
)


def check_subdomain(value: str) -> None:
    """A DNS label that is not one of the platform's own."""
    if not SUBDOMAIN.fullmatch(value):
        raise ValidationError(_("Use 1 to 40 letters, digits and hyphens, starting with a letter."))
    if value in RESERVED or value.startswith("pg-") or value[2:4] == "--":  # xn-- and its kind: RFC 5891
        raise ValidationError(_("The platform keeps this name for itself. Choose another one."))


def check_color(value: str) -> None:
    if not COLOR.fullmatch(value):
        raise ValidationError(_("Write the colour as six hexadecimal digits, such as #4338ca."))


class Tenant(TenantMixin):
    """A customer company. Its schema is named after its subdomain and never renamed."""

    class Status(models.TextChoices):
        PROVISIONING = "provisioning", _("Being set up")
        FAILED = "failed", _("Set-up failed")
        READY = "ready", _("Ready")
        SUSPENDED = "suspended", _("Suspended")
        CLOSING = "closing", _("Closing")
        CLOSED = "closed", _("Closed")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.PROVISIONING: {Status.READY, Status.FAILED},
        Status.FAILED: {Status.PROVISIONING},
        Status.READY: {Status.SUSPENDED, Status.CLOSING},
        Status.SUSPENDED: {Status.READY, Status.CLOSING},
        Status.CLOSING: {Status.READY, Status.SUSPENDED, Status.CLOSED},
    }
    SERVED = frozenset({Status.READY, Status.CLOSING})

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    subdomain = models.CharField(max_length=40, unique=True, validators=[check_subdomain])
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PROVISIONING)
    brand_color = models.CharField(max_length=7, default="#4338ca", validators=[check_color])
    plan_code = models.CharField(
        max_length=40, default="starter", help_text=_("The plan that the set-up subscribes to.")
    )
    owner_email = models.EmailField(blank=True, help_text=_("Becomes the tenant's first user."))
    contact_email = models.EmailField(blank=True, help_text=_("Where candidates reach a person."))
    region = models.CharField(max_length=20, blank=True)
    has_logo = models.BooleanField(default=False, editable=False)
    primary_host = models.CharField(
        max_length=253, blank=True, editable=False, help_text=_("A custom domain that links and mails use.")
    )
    closes_at = models.DateTimeField(null=True, editable=False, help_text=_("When a closing tenant's data goes."))
    suspended_at = models.DateTimeField(null=True, editable=False)
    read_only_since = models.DateTimeField(
        null=True, editable=False, help_text=_("Since then its people read and change nothing: it is not paid for.")
    )
    support_needs_approval = models.BooleanField(
        default=False, help_text=_("Support may look only once somebody here agreed; changing always needs it.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    auto_create_schema = False
    auto_drop_schema = False

    def __str__(self) -> str:
        return self.name

    @property
    def suspended(self) -> bool:
        """Whether the staff took it off the air: a closing that begins meanwhile leaves that as it is."""
        closing = self.status == self.Status.CLOSING
        return self.status == self.Status.SUSPENDED or (closing and self.suspended_at is not None)

    @property
    def host(self) -> str:
        """The host that links and mails name: a custom domain, or the one under the platform's."""
        return self.primary_host or f"{self.subdomain}.{settings.BASE_DOMAIN}"

    @property
    def address(self) -> str:
        """The address of the tenant's site, without a slash at its end."""
        return f"{settings.PUBLIC_SCHEME}://{self.host}{settings.PUBLIC_PORT}"

    def page(self, name: str) -> str:
        """The whole address of one of the site's pages, by the name of its route."""
        return self.address + reverse(name, urlconf=settings.ROOT_URLCONF)


class Logo(models.Model):
    """A tenant's logo: a PNG that we drew ourselves (tenants.services.logos)."""

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, primary_key=True, related_name="logo")
    png = models.BinaryField()
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.tenant_id)


class Domain(DomainMixin):
    """An exact host name that a tenant answers on."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant"], condition=models.Q(is_primary=True), name="one_primary_domain_a_tenant"
            )
        ]

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """`save` takes the mark of the primary host from the one that had it: two are no mistake of a form."""
        super().validate_constraints({*(exclude or ()), "is_primary"})


class ProvisioningStep(models.Model):
    """One visible step of making a tenant."""

    class Status(models.TextChoices):
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    error = models.CharField(max_length=200, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["started_at", "id"]
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="one_row_a_provisioning_step")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.name}"
