"""A tenant's connection to its identity provider (public schema)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from keys.fields import SealedTextField
from tenants.models.tenants import Tenant


class SamlConnection(models.Model):
    """One identity provider of one tenant. People are keyed by (this row's id, NameID): see accounts.Identity."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, related_name="saml")

    # what the identity provider's metadata says
    idp_entity_id = models.CharField(max_length=1024)
    sso_url = models.URLField(max_length=2000)
    slo_url = models.URLField(max_length=2000, blank=True)
    certificates = models.JSONField(default=list, help_text=_("PEM; several during a roll-over."))
    certificates_warned = models.JSONField(
        default=dict, help_text=_("Fingerprint -> the days before its end that the last warning told of.")
    )
    metadata_url = models.URLField(max_length=2000, blank=True)

    # our side: a key of the tenant's own signs requests and opens encrypted assertions
    sp_certificate = models.TextField(blank=True)
    sp_key = SealedTextField(label="saml.sp_key", subject="", null=True)

    # what the tenant's admin chose
    enabled = models.BooleanField(default=False)
    enforced = models.BooleanField(
        default=False, help_text=_("Passwords are refused, but for the break-glass account.")
    )
    break_glass_user_id = models.UUIDField(null=True)
    allow_idp_initiated = models.BooleanField(default=False)
    sign_requests = models.BooleanField(default=True)
    want_encrypted = models.BooleanField(default=False)
    create_people = models.BooleanField(default=True, help_text=_("Who signs in for the first time gets an account."))
    email_attribute = models.CharField(max_length=200, blank=True, help_text=_("Empty: the NameID is the address."))
    name_attribute = models.CharField(max_length=200, blank=True)
    groups_attribute = models.CharField(max_length=200, blank=True)
    group_roles = models.JSONField(default=dict, help_text=_("Group -> role; groups that are not listed give nothing."))

    tested_at = models.DateTimeField(null=True, help_text=_("When a test sign-in last succeeded with these settings."))
    updated_at = models.DateTimeField(auto_now=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(enforced=False) | models.Q(enabled=True), name="only_enabled_saml_is_enforced"
            ),
            models.CheckConstraint(
                condition=models.Q(enforced=False) | models.Q(break_glass_user_id__isnull=False),
                name="enforced_saml_names_a_break_glass_account",
            ),
        ]

    def __str__(self) -> str:
        return self.idp_entity_id
