"""What is known of tenant schemas as such: how a new one is written, and how each came to the newest migrations."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Blueprint(models.Model):
    """The statements that fill an empty tenant schema (public schema); the owner role runs them and alone writes them.

    `script` names the schema by `marker`, a word made at random: nothing else in it can be taken for the schema.
    """

    fingerprint = models.CharField(primary_key=True, max_length=64)
    marker = models.CharField(max_length=63)
    script = models.TextField()
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.fingerprint


class SchemaMigration(models.Model):
    """Where a tenant's schema stands in the newest deploy that found it behind (public schema)."""

    class State(models.TextChoices):
        OWED = "owed", _("Owed")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    schema_name = models.CharField(primary_key=True, max_length=63)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OWED)
    error = models.CharField(max_length=300, blank=True)
    fingerprint = models.CharField(max_length=64, help_text=_("Of the migrations that the schema shall have."))
    heads = models.JSONField(default=dict, help_text=_("App -> its newest migration, once it is done."))
    attempts = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["schema_name"]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.state}"
