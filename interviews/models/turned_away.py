"""Candidates who wanted to begin when the company's quota had no room."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from interviews.models.interviews import Interview


class TurnedAway(models.Model):
    """A candidate waits for room; once there is some they are told, once. Turned away again, they wait again."""

    interview = models.OneToOneField(Interview, on_delete=models.CASCADE, primary_key=True, related_name="turned_away")
    since = models.DateTimeField()
    told_at = models.DateTimeField(null=True, help_text=_("When they were told that they can begin."))

    class Meta:
        indexes = [models.Index(fields=["since"], condition=models.Q(told_at=None), name="who_waits_for_room")]

    def __str__(self) -> str:
        return str(self.interview_id)
