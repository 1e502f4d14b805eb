"""What is written about an interview that ended, or stands still, while it was made."""

from typing import Any
from unittest.mock import patch

from django.urls import reverse

from core import redis
from core.testing import TenantTestCase
from interviews.models import Evaluation, Interview, Turn
from interviews.services import afterwards, evaluations, pauses, turns
from interviews.services.evaluation import evaluate
from interviews.services.interviewer import script
from interviews.tests import make
from live import publisher
from llm import cache
from llm.cache import Stored

ANSWER = Stored("text", "mock", "stop", 10, 0, 5, 100)


class WithdrawnTests(TenantTestCase):
    def test_answers_that_were_kept_about_the_candidate_are_gone_and_nobody_else_s(self) -> None:
        mine, theirs = make.started(), make.started(make.invited("joan@example.org"))
        kept = [redis.key("llm-cache", "evaluation", interview.pk) for interview in (mine, theirs)]
        for name, interview in zip(kept, (mine, theirs), strict=True):
            cache.put(name, ANSWER, seconds=60, subject_id=interview.subject_id)

        with self.captureOnCommitCallbacks(execute=True):
            afterwards.withdraw(Interview.objects.get(pk=mine.pk))

        self.assertIsNone(cache.get(kept[0], subject_id=mine.subject_id))
        self.assertEqual(cache.get(kept[1], subject_id=theirs.subject_id), ANSWER)

    def test_a_reply_that_was_under_way_is_not_recorded_and_nothing_more_is_asked(self) -> None:
        interview = make.started()
        turn = make.answered(interview)

        def withdraw(context: Any, **_: Any) -> Any:
            afterwards.withdraw(Interview.objects.get(pk=interview.pk))
            return script.reply(context)

        with patch.object(turns, "reply", withdraw):
            turns.write_reply(turn_id=turn.pk)

        turn.refresh_from_db()
        self.assertEqual((turn.status, turn.reply, turn.error), (Turn.Status.REPLIED, None, "Withdrawn"))
        self.assertEqual(interview.turns.count(), 1)
        self.assertEqual((make.owed("turn"), make.actions("turn.")), ([], ["turn.answered"]))

    def test_an_evaluation_that_was_under_way_leaves_no_rating(self) -> None:
        interview = make.submitted()
        evaluation = Evaluation.objects.get(interview=interview)

        def withdraw(*args: Any, **keywords: Any) -> Any:
            afterwards.withdraw(Interview.objects.get(pk=interview.pk))
            return evaluate(*args, **keywords)

        with patch.object(evaluations, "evaluate", withdraw):
            evaluations.run(evaluation_id=evaluation.pk)

        evaluation.refresh_from_db()
        self.assertEqual((evaluation.status, evaluation.error), (Evaluation.Status.SUPERSEDED, "Withdrawn"))
        self.assertEqual((evaluation.ratings.count(), make.owed("evaluation")), (0, []))


class PausedTests(TenantTestCase):
    def test_a_question_that_opens_in_a_pause_is_read_when_the_clock_runs_again(self) -> None:
        invited = make.invited()
        interview = make.started(invited)
        turn = make.answered(interview)
        pauses.pause(Interview.objects.get(pk=interview.pk))
        told: list[dict[str, Any]] = []

        with patch.object(publisher._flusher, "put", side_effect=lambda to, event: told.append(event)):
            turns.write_reply(turn_id=turn.pk)
        url, headers = reverse("api_turn", args=[turn.pk]), {"Authorization": f"Interview {invited.token}"}
        paused = self.client.get(url, headers=headers).json()
        pauses.resume(Interview.objects.get(pk=interview.pk))
        running = self.client.get(url, headers=headers).json()

        following = interview.turns.get(number=2)
        self.assertEqual((told[-1]["next_turn"], told[-1]["question"]), (str(following.pk), None))
        self.assertEqual((paused["next_turn_id"], paused["question"]), (str(following.pk), None))
        self.assertEqual(running["question"], following.shown)
