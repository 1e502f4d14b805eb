"""What listeners of an interview are told while a reply is written."""

import json
from typing import Any
from unittest.mock import patch

from core.testing import TenantTestCase
from interviews.models import Turn
from interviews.services import turns
from interviews.tests import make
from live import channels, publisher
from live.channels import Channel
from llm.tests.asking import using
from tests.mock_model import MockModel


class ListeningTests(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.interview = make.started()
        self.turn = make.answered(self.interview)
        self.told: list[tuple[Channel, dict[str, Any]]] = []
        flusher = patch.object(publisher._flusher, "put", side_effect=lambda to, event: self.told.append((to, event)))
        self.enterContext(flusher)

    def reply(self, model: str) -> list[dict[str, Any]]:
        """The events of a reply by this model of the mock's."""
        with MockModel() as mock, using(mock, model):
            turns.write_reply(turn_id=self.turn.pk)
        return [event for _, event in self.told]

    def test_they_hear_the_stages_the_sentences_and_what_comes_next(self) -> None:
        events = self.reply("mock")

        following = Turn.objects.get(interview=self.interview, number=2)
        kinds = [event.get("stage") or event.get("text") or event["status"] for event in events]
        self.assertEqual(kinds[:2], ["retrieving_context", "generating_response"])
        self.assertEqual("".join(kinds[2:-2]), Turn.objects.get(pk=self.turn.pk).reply)
        self.assertEqual(kinds[-2:], ["saving_results", "replied"])
        self.assertEqual((events[-1]["next_turn"], events[-1]["question"]), (str(following.pk), following.shown))
        self.assertEqual({(event["turn"], event["attempt"]) for event in events}, {(str(self.turn.pk), 100)})

    def test_the_channel_is_the_interviews_own_and_its_secret_the_candidates(self) -> None:
        self.reply("mock")

        [channel] = {channel for channel, _ in self.told}
        self.assertEqual(channel, channels.of(self.interview.pk, self.interview.subject_id))
        self.assertEqual(channel.name, f"candor:alpha:live:{self.interview.pk.hex}")

    def test_words_that_were_refused_are_told_to_nobody(self) -> None:
        events = self.reply("mock!praise")

        said = "".join(event.get("text", "") for event in events)
        self.assertEqual(said, "")
        self.assertEqual(events[-1]["status"], "replied")
        self.assertEqual(Turn.objects.get(pk=self.turn.pk).mode, "basic")

    def test_a_leaking_model_is_stopped_and_no_word_of_the_prompt_goes_out(self) -> None:
        events = self.reply("mock!leak")

        self.assertEqual([event for event in events if event["type"] == "text"], [])
        self.assertEqual(Turn.objects.get(pk=self.turn.pk).mode, "basic")

    def test_a_failure_is_told_as_one(self) -> None:
        with patch("interviews.services.turns.reply", side_effect=RuntimeError):
            events = self.reply("mock")

        self.assertEqual((events[-1]["type"], events[-1]["status"]), ("end", "failed"))

    def test_nothing_is_told_before_it_is_recorded_as_done(self) -> None:
        with patch("interviews.services.turns._record", side_effect=RuntimeError):
            events = self.reply("mock")

        self.assertNotIn("replied", json.dumps(events))
