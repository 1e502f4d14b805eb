"""What single sign-on remembers for minutes (public schema): requests that wait, assertions that were used, tests."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from keys.fields import SealedTextField
from tenants.models.tenants import Tenant


class SamlRequest(models.Model):
    """A request that a browser took to the identity provider; its answer takes the row away, so it is used once."""

    class Purpose(models.TextChoices):
        LOGIN = "login", _("Sign in")
        TEST = "test", _("Test sign-in")
        LOGOUT = "logout", _("Sign out")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    request_id = models.CharField(max_length=64, unique=True)
    relay_key = models.CharField(max_length=64, unique=True, help_text=_("What RelayState carries: a key, no address."))
    browser = models.CharField(max_length=64, help_text=_("Hash of the browser's cookie."))
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    next_path = models.CharField(max_length=500, blank=True)
    user_id = models.UUIDField(null=True, help_text=_("The admin who tests."))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "browser"], name="saml_request_by_browser")]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.purpose}"


class SamlUse(models.Model):
    """An assertion (or a sign-out) that was used; it is remembered for longer than it is valid."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    message_id = models.CharField(max_length=256)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "message_id"], name="a_saml_message_is_used_once_a_tenant")
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.message_id}"


class SamlReport(models.Model):
    """What a test sign-in found, for the admin who asked for it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    user_id = models.UUIDField()
    passed = models.BooleanField()
    findings = SealedTextField(label="saml.report", subject="", help_text=_("JSON: see services.saml.reports."))
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.passed}"
