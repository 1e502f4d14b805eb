"""Shapes of the API."""

from typing import Any

from rest_framework import serializers

from interviews import selectors
from interviews.models import Turn
from interviews.models.turns import LONGEST_ANSWER


class AnswerSerializer(serializers.Serializer[Any]):
    """An answer to the open question, or to `turn_id`."""

    answer = serializers.CharField(trim_whitespace=True, max_length=LONGEST_ANSWER + 1000)
    turn_id = serializers.UUIDField(required=False)


class TicketSerializer(serializers.Serializer[Any]):
    """What opens an event stream: for `expires_in` seconds, at `url`."""

    ticket = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True)
    expires_in = serializers.IntegerField(read_only=True)


class TurnSerializer(serializers.ModelSerializer[Turn]):
    """A turn as its candidate may see it. `next_turn_id` and `question` name what comes next, once it replied."""

    position_in_queue = serializers.SerializerMethodField()
    next_turn_id = serializers.SerializerMethodField()
    question = serializers.SerializerMethodField()

    class Meta:
        model = Turn
        fields = [
            "id",
            "interview_id",
            "number",
            "status",
            "stage",
            "position_in_queue",
            "mode",
            "model_ms",
            "answered_at",
            "replied_at",
            "reply",
            "next_turn_id",
            "question",
        ]

    reply = serializers.CharField(read_only=True, allow_null=True)

    def get_position_in_queue(self, turn: Turn) -> int | None:
        return selectors.queue_position(turn)

    def get_next_turn_id(self, turn: Turn) -> str | None:
        following = self._following(turn)
        return str(following.pk) if following else None

    def get_question(self, turn: Turn) -> str | None:
        following = self._following(turn)
        return following.shown if following else None

    def _following(self, turn: Turn) -> Turn | None:
        if turn.status != Turn.Status.REPLIED:
            return None
        if not hasattr(turn, "_following"):
            found = Turn.objects.filter(interview_id=turn.interview_id, number=turn.number + 1).first()
            turn._following = found if found and found.status == Turn.Status.OPEN else None  # type: ignore[attr-defined]
        return turn._following  # type: ignore[attr-defined]
