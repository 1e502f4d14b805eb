"""Support access: the platform's staff may look into a tenant for a while, for a reason that the tenant reads."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThanOrEqual
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7
from tenants.models.tenants import Tenant

SHORTEST_REASON = 10  # characters
LONGEST = timedelta(hours=4)
MOST_MINUTES = 240
APPROVABLE = timedelta(hours=24)  # how long somebody may agree to it


class SupportGrant(models.Model):
    """One person of the platform's staff, one tenant, one reason, a few hours at most (public schema).

    It is over at `ends_at`, whatever its status says.
    """

    class Scope(models.TextChoices):
        READ = "read", _("Look only")
        WRITE = "write", _("Look and change settings")

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Waits for the tenant's approval")
        OPEN = "open", _("Open")
        REFUSED = "refused", _("Refused")
        REVOKED = "revoked", _("Revoked by the tenant")
        ENDED = "ended", _("Ended")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.REQUESTED: {Status.OPEN, Status.REFUSED, Status.ENDED},
        Status.OPEN: {Status.REVOKED, Status.ENDED},
    }
    LIVE = (Status.REQUESTED, Status.OPEN)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="support_grants")
    staff_id = models.UUIDField(help_text=_("A person of the public schema."))
    staff_email = models.EmailField()
    reason = models.CharField(max_length=500)
    scope = models.CharField(max_length=5, choices=Scope.choices, default=Scope.READ)
    minutes = models.PositiveSmallIntegerField(default=60)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    requested_at = models.DateTimeField()
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text=_("When somebody refused, revoked or ended it."))
    decided_by = models.UUIDField(
        null=True, help_text=_("Who approved, refused or revoked it: a person of the tenant.")
    )

    # the one-time link to the tenant's host
    link_hash = models.CharField(max_length=64, blank=True)
    link_expires_at = models.DateTimeField(null=True)
    entered_at = models.DateTimeField(null=True)

    # the mails to the tenant's owners
    told = models.CharField(max_length=10, blank=True, help_text=_("The newest notice that went out."))
    telling_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-requested_at"]
        indexes = [models.Index(fields=["link_hash"], name="support_by_link", condition=~models.Q(link_hash=""))]
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "staff_id"],
                condition=models.Q(status__in=["requested", "open"]),
                name="one_support_grant_at_a_time_a_person_and_tenant",
            ),
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length("reason"), SHORTEST_REASON), name="support_names_its_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=5, minutes__lte=MOST_MINUTES), name="support_lasts_minutes_or_hours"
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__lte=models.F("starts_at") + LONGEST),
                name="support_lasts_four_hours_at_most",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["open", "revoked"])
                | models.Q(starts_at__isnull=False, ends_at__isnull=False),
                name="support_that_was_opened_has_an_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.staff_email} {self.tenant_id} {self.status}"
