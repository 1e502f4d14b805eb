"""What prompt versions reached in the suites of their feature."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from core.ids import uuid7
from core.triggers import refuse


class AssuranceRun(models.Model):
    """A run of a feature's suites to their end: inserted then, never changed.

    `figures` is suite -> {"cases", "met", "least"}: how many were tried, how many behaved, and the share that must.
    What the suites mean is the feature's own. A run counts for the very versions that it names. `calls` were asked of a
    provider; `cost_usd` is what they cost, null where a price is unknown.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    feature = models.CharField(max_length=40)
    prompt_version = models.CharField(max_length=40)
    evaluator_version = models.CharField(max_length=40)
    code_version = models.CharField(max_length=40)
    suites_version = models.CharField(max_length=20)
    model = models.CharField(max_length=200)
    figures = models.JSONField()
    cases = models.PositiveSmallIntegerField()  # of each suite, at least
    passed = models.BooleanField()
    calls = models.PositiveIntegerField()
    cost_usd = models.DecimalField(max_digits=14, decimal_places=8, null=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    by = models.CharField(max_length=80)

    class Meta:
        db_table = "llm_assurance_run"
        ordering = ["-finished_at"]
        indexes = [
            models.Index(fields=["feature", "prompt_version", "-finished_at"], name="llm_assurance_by_prompt"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(finished_at__gte=F("started_at")), name="assurance_ends_after_it_began"),
            models.CheckConstraint(condition=~Q(figures={}), name="assurance_has_figures"),
            models.CheckConstraint(condition=Q(cases__gte=1), name="assurance_has_cases"),
        ]
        triggers = [
            refuse(f"assurance_is_never_{done}", operation, "What an assurance run found stays as it was.")
            for done, operation in (
                ("changed", pgtrigger.Update),
                ("deleted", pgtrigger.Delete),
                ("truncated", pgtrigger.Truncate),
            )
        ]

    def __str__(self) -> str:
        return f"{self.prompt_version} {self.model} {self.finished_at:%Y-%m-%d %H:%M}"
