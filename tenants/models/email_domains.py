from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from tenants.models.tenants import Tenant


class EmailDomain(models.Model):
    """A mail domain that a tenant claims as its own (public schema); it counts once it is verified."""

    class Proof(models.TextChoices):
        DNS = "dns", _("A TXT record")
        PLATFORM = "platform", _("The platform's staff")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="email_domains")
    domain = models.CharField(max_length=253)
    token = models.CharField(max_length=64, help_text=_("What the TXT record must hold."))
    proof = models.CharField(max_length=10, choices=Proof.choices, blank=True)
    verified_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    missing_since = models.DateTimeField(null=True, help_text=_("Since when a look found no TXT record any more."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["domain"]
        constraints = [
            models.UniqueConstraint(fields=["tenant", "domain"], name="one_claim_of_an_email_domain_a_tenant"),
            models.UniqueConstraint(
                fields=["domain"],
                condition=models.Q(verified_at__isnull=False),
                name="an_email_domain_is_verified_by_one_tenant",
            ),
            models.CheckConstraint(
                condition=models.Q(verified_at=None, proof="")
                | (models.Q(verified_at__isnull=False) & ~models.Q(proof="")),
                name="a_verified_email_domain_names_its_proof",
            ),
        ]

    def __str__(self) -> str:
        return self.domain
