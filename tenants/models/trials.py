"""Who tried the platform already, without a word of who that is."""

from django.db import models


class TriedMailbox(models.Model):
    """A mailbox that signed up for a trial, as a keyed hash: it outlives the tenant, and names nobody.

    Whoever closes a tenant and signs up anew is known by it; the address itself is gone with the tenant.
    """

    mailbox_hash = models.CharField(primary_key=True, max_length=64)
    tried_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.mailbox_hash[:8]
