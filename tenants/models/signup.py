"""Companies that want to start on their own (public schema)."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from tenants.models.tenants import Tenant


class SignUp(models.Model):
    """A wish to become a tenant. Nothing is made for it before its address was confirmed."""

    class Status(models.TextChoices):
        OPEN = "open", _("Waits for the confirmation")
        CONFIRMED = "confirmed", _("Confirmed")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {Status.OPEN: {Status.CONFIRMED}}

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    company = models.CharField(max_length=120)
    subdomain = models.CharField(max_length=40)
    owner_name = models.CharField(max_length=120)
    email = models.EmailField(db_index=True)
    plan_code = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    token_hash = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the link's secret."))
    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, null=True, related_name="sign_up")
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mailed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["token_hash"], condition=~models.Q(token_hash=""), name="one_sign_up_a_link"
            ),
            models.CheckConstraint(
                condition=models.Q(status="open", tenant=None, confirmed_at=None)
                | models.Q(status="confirmed", tenant__isnull=False, confirmed_at__isnull=False),
                name="only_a_confirmed_sign_up_has_a_tenant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subdomain} {self.status}"
