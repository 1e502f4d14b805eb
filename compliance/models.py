from django.db import models
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7


class Consent(models.Model):
    """What a candidate agreed to, with the exact notice that was shown. Inserted once an interview."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    interview_id = models.UUIDField(unique=True)
    subject_id = models.UUIDField(db_index=True)
    notice_version = models.CharField(max_length=20)
    notice_hash = models.CharField(max_length=64, help_text=_("SHA-256 of the text that was shown."))
    language = models.CharField(max_length=10)
    ai_evaluation = models.BooleanField()
    keep_for_other_roles = models.BooleanField(default=False)
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(ai_evaluation=True), name="consent_covers_ai_evaluation")
        ]

    def __str__(self) -> str:
        return f"{self.interview_id} {self.notice_version}"
