from django.db import models
from django.db.models import Q


class HeldSecret(models.Model):
    """A row that a program names itself by: `prefix` finds it, of the rest only a hash is stored.

    For a while after a change the secret before it is good too.
    """

    prefix = models.CharField(max_length=8, unique=True)
    hashed = models.CharField(max_length=140)
    previous_hashed = models.CharField(max_length=140, blank=True)
    previous_until = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(previous_hashed="", previous_until=None)
                | (~Q(previous_hashed="") & Q(previous_until__isnull=False)),
                name="%(class)s_says_until_when_the_old_secret_works",
            )
        ]
