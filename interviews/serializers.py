"""Shapes of the API."""

from typing import Any

from rest_framework import serializers

from interviews import selectors
from interviews.models import Interview, Job, Turn
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

    position_in_queue = serializers.IntegerField(read_only=True, allow_null=True)
    next_turn_id = serializers.UUIDField(read_only=True, allow_null=True)
    question = serializers.CharField(read_only=True, allow_null=True)
    reply = serializers.CharField(read_only=True, allow_null=True)

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

    def to_representation(self, turn: Turn) -> dict[str, Any]:
        """What the fields describe; building thirteen of them for every answer would cost more than the answer."""
        following = _following(turn)
        read = following is not None and turn.interview.status != Interview.Status.PAUSED  # while its time runs
        return {name: getattr(turn, name) for name in OWN} | {
            "position_in_queue": selectors.queue_position(turn),
            "next_turn_id": following and following.pk,
            "question": following.shown if following and read else None,
        }


OWN = ("id", "interview_id", "number", "status", "stage", "mode", "model_ms", "answered_at", "replied_at", "reply")


def _following(turn: Turn) -> Turn | None:
    """The question that the reply opened, while it is open."""
    if turn.status != Turn.Status.REPLIED:
        return None
    return Turn.objects.filter(interview_id=turn.interview_id, number=turn.number + 1, status=Turn.Status.OPEN).first()


class ProgramJobSerializer(serializers.ModelSerializer[Job]):
    """A job as a program sees it."""

    class Meta:
        model = Job
        fields = ["id", "slug", "title", "status"]


class ProgramInterviewSerializer(serializers.ModelSerializer[Interview]):
    """An interview as a program sees it: whose it is, is said by `application_id` alone."""

    job_id = serializers.UUIDField(source="application.job_id", read_only=True)

    class Meta:
        model = Interview
        fields = [
            "id",
            "application_id",
            "job_id",
            "number",
            "status",
            "created_at",
            "started_at",
            "completed_at",
            "last_activity_at",
            "expires_at",
        ]
        read_only_fields = fields


class ProgramInvitationSerializer(serializers.Serializer[Any]):
    """Whom to invite, to which job, and for how many days the link works."""

    job_id = serializers.UUIDField()
    name = serializers.CharField(max_length=120)
    email = serializers.EmailField(max_length=254)
    days_valid = serializers.IntegerField(min_value=1, max_value=90, default=14)


class ProgramInvitedSerializer(serializers.ModelSerializer[Interview]):
    """The interview that somebody was invited to."""

    class Meta:
        model = Interview
        fields = ["id", "status", "expires_at"]
        read_only_fields = fields
