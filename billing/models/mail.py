"""Mail about money that is owed: to whom and about what, without a word of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.models.subscriptions import Subscription
from core.ids import uuid7
from core.outbox import Outgoing


class BillingMail(Outgoing):
    """A mail to one person of a tenant. Its text is made when it is sent, from the rows that it is about.

    `key` says what it tells, in one word: nobody is told the same thing twice. `detail` holds ids and numbers.
    """

    class Kind(models.TextChoices):
        QUOTA = "quota", _("The quota comes to its end")
        QUOTA_INVITE = "quota_invite", _("The quota is used up, for those who invite")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    key = models.CharField(max_length=120)
    recipient_id = models.UUIDField(help_text=_("A person of the tenant's own schema."))
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["key", "recipient_id"], name="nobody_is_told_of_money_twice"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
