"""How good evaluations are: what became of a model's words, and whether a second evaluation says the same.

No row holds anybody's words, and none is shown of one interview: pages add them up. They go with their evaluation.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.claims import Claimable
from core.ids import uuid7
from interviews.models.evaluations import Evaluation


class ModelFigures(models.Model):
    """What became of all that one model said for one evaluation (docs/quality.md)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="model_figures")
    model = models.CharField(max_length=120)
    answers = models.PositiveSmallIntegerField()
    refused = models.PositiveSmallIntegerField()
    quotes = models.PositiveSmallIntegerField()
    located = models.PositiveSmallIntegerField()
    levels = models.PositiveSmallIntegerField()
    supported = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "model"], name="one_row_of_figures_a_model"),
            models.CheckConstraint(
                condition=models.Q(refused__lte=models.F("answers"))
                & models.Q(located__lte=models.F("quotes"))
                & models.Q(supported__lte=models.F("levels")),
                name="part_of_a_models_words_is_not_above_all",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.model}"


class Retest(Claimable):
    """An evaluation made a second time, with nothing kept of the first: only how far the two are apart is stored.

    `pairs` are the competencies, `same` those with the same outcome, `within_one` those at most a level apart (the same
    ones included), `largest` the most levels between two. Where one alone saw no evidence, the pair is neither.
    """

    class Status(models.TextChoices):
        OWED = "owed", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    TRANSITIONS: ClassVar[dict[str, set[str]]] = {
        Status.OWED: {Status.RUNNING},
        Status.RUNNING: {Status.DONE, Status.DROPPED, Status.OWED},
    }
    WAITING, WORKING = Status.OWED, Status.RUNNING

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    evaluation = models.OneToOneField(Evaluation, on_delete=models.CASCADE, related_name="retest")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.OWED)
    reason = models.CharField(max_length=60, blank=True, help_text=_("Why it was dropped, or why it waits."))
    model = models.CharField(max_length=120, blank=True)
    pairs = models.PositiveSmallIntegerField(null=True)
    same = models.PositiveSmallIntegerField(null=True)
    within_one = models.PositiveSmallIntegerField(null=True)
    largest = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="done")
                | models.Q(
                    pairs__isnull=False,
                    same__isnull=False,
                    same__lte=models.F("within_one"),
                    within_one__isnull=False,
                    within_one__lte=models.F("pairs"),
                    largest__isnull=False,
                    largest__lte=4,
                ),
                name="finished_retest_has_its_figures",
            )
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.status}"
