"""Turns that need no model: what is said then, that it is neutral, and that the ledger knows what it saved."""

import time
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import reverse
from django.utils import translation

from core.testing import TenantTestCase
from interviews.selectors import workspace
from interviews.services.interviewer import Exchange, Probe, Reply, TurnContext, coverage, followups, reply, script
from interviews.tests import make
from interviews.tests.rated import CONCRETE, answer
from interviews.tests.spoken import CONTEXT, SATISFIED, WORDED, refused
from llm import gateway
from llm.models import LlmCall
from llm.policy import TenantPolicy
from llm.tests.asking import using
from tests.mock_model import MockModel

GREETED = "Thank you, and let us begin."
LANGUAGES = [code for code, _ in settings.LANGUAGES]
TOLD = ((), ("result", "evidence"), ("ownership",), ("evidence",), ("clarify",))


def replied(context: TurnContext) -> Reply:
    return reply(context, policy=TenantPolicy(schema="alpha"), deadline=time.monotonic() + 5, say=lambda _: None)


def said(answer: str, context: TurnContext = SATISFIED, question: str = "How do you test a dough?") -> TurnContext:
    return replace(context, recent=(*context.recent[:-1], Exchange(question, answer)))


def templates(language: str) -> list[str]:
    with translation.override(language):
        told = [text for texts in script.after_telling().values() for text in texts]
        again = script.before_once_more().values()
        return [*script.acknowledgements(), *told, *script.before_follow_up(), *again, script.closing()]


@pytest.mark.parametrize("language", LANGUAGES)
class TestWords:
    def test_no_template_praises_judges_promises_or_asks(self, language: str) -> None:
        found = {text: refused(text, context=replace(CONTEXT, language=language)) for text in templates(language)}

        assert set(found.values()) == {""}, found
        assert len(found) == 7 + 9 + 4 + 3 + 1  # "Thank you, that is noted." follows two kinds of message

    def test_every_scripted_follow_up_passes_the_checks(self, language: str) -> None:
        with translation.override(language):
            asked = [text for texts in followups.wordings().values() for text in texts]

        context = replace(CONTEXT, language=language)
        assert {refused(probe=text, context=context) for text in asked} <= {"", "foreign_word"}  # the words are ours

    @pytest.mark.parametrize("told", TOLD)
    @pytest.mark.parametrize("interview", [1, 2, 2**100 + 7])
    def test_two_turns_in_a_row_never_get_the_same_words(
        self, language: str, told: tuple[str, ...], interview: int
    ) -> None:
        turns = [replace(SATISFIED, interview_id=UUID(int=interview), number=n, language=language) for n in range(60)]
        changing = [replace(turn, told=TOLD[turn.number * 7 % 5] if turn.number % 3 else told) for turn in turns]

        for contexts in ([replace(turn, told=told) for turn in turns], changing):
            texts = [script.reply(context).text for context in contexts]
            assert all(first != second for first, second in pairwise(texts))
            assert texts == [script.reply(context).text for context in contexts]

    def test_follow_ups_in_a_row_are_announced_in_other_words(self, language: str) -> None:
        turns = [replace(CONTEXT, number=number, language=language) for number in range(20)]

        assert all(first != second for first, second in pairwise([script.reply(turn).text for turn in turns]))


class TestHeard:
    def test_what_was_told_is_named_one_kind_after_the_other(self) -> None:
        turns = [replace(SATISFIED, number=number, told=("evidence", "result")) for number in range(6)]

        words = [script.reply(turn).text for turn in turns]

        assert {text in script.after_telling()["evidence"] for text in words[::2]} == {True}
        assert {text in script.after_telling()["result"] for text in words[1::2]} == {True}

    def test_a_question_about_what_one_would_do_has_no_result_to_name(self) -> None:
        imagined = answer(CONCRETE, "dough", question="Imagine the heater is off. What would you do?")

        assert coverage.told(answer(CONCRETE, "dough")) == ("clarify", "evidence", "ownership", "result")
        assert coverage.told(imagined) == ("clarify", "evidence")


class TestWhichTurns:
    def test_an_answer_about_which_nothing_is_asked_gets_a_template_and_no_model_is_asked(self, db: None) -> None:
        with MockModel() as mock, using(mock):
            found = replied(SATISFIED)

        assert (found.mode, found.probe, found.model, found.tokens_in) == ("template", None, "", 0)
        assert replace(found, mode="basic") == script.reply(SATISFIED)
        assert mock.chats == 0

    def test_the_last_words_are_a_template(self, db: None) -> None:
        with MockModel() as mock, using(mock):
            found = replied(replace(SATISFIED, next_question=None))

        assert (found.text, found.mode, mock.chats) == (script.closing(), "template", 0)

    def test_a_model_is_asked_where_a_follow_up_is_wanted_or_the_job_wants_its_words(self, db: None) -> None:
        with MockModel() as mock, using(mock):
            gateway.warm()  # as a worker does: the SDK's import is no part of anybody's deadline
            modes = [replied(context).mode for context in (CONTEXT, WORDED)]

        assert (modes, mock.chats) == (["model", "model"], 2)

    def test_the_ledger_holds_a_settled_row_that_cost_nothing_and_says_what_was_saved(self, db: None) -> None:
        with MockModel() as mock, using(mock):
            replied(SATISFIED)

        row = LlmCall.objects.get()
        assert (row.source, row.feature, row.interview_id) == ("template", "interview_turn", SATISFIED.interview_id)
        assert (row.tenant, row.prompt_version, row.complexity) == ("alpha", script.VERSION, "simple")
        assert (row.cost_usd, row.tokens_in, row.tokens_out, row.latency_ms) == (Decimal(0), 0, 0, 0)
        assert row.settled_at is not None and row.saved_usd >= 0

    def test_without_a_model_nothing_was_saved_and_the_mode_is_basic(self, db: None) -> None:
        with override_settings(LLM_ENV={}):
            found = replied(SATISFIED)

        assert (found, LlmCall.objects.count()) == (script.reply(SATISFIED), 0)

    @pytest.mark.parametrize("context", [SATISFIED, CONTEXT, WORDED, replace(SATISFIED, next_question=None)])
    def test_after_a_message_that_answers_nothing_the_question_is_shown_once_more(
        self, db: None, context: TurnContext
    ) -> None:
        with MockModel() as mock, using(mock):
            found = replied(said("Sorry, could you repeat the question?", context))

        assert found.probe == Probe("again", "How do you test a dough?")
        assert (found.text, found.mode, mock.chats) == ("Noted, thank you.", "template", 0)

    def test_once_is_enough_then_the_interview_goes_on_without_a_model(self, db: None) -> None:
        with MockModel() as mock, using(mock):
            found = replied(said("ok", replace(CONTEXT, shown_again=True)))

        assert found.probe is not None and found.probe.kind == "evidence"
        assert (found.mode, mock.chats) == ("template", 0)


class TemplateTurnTests(TenantTestCase):
    """Through the service, in a job that wants no more than it needs."""

    def setUp(self) -> None:
        super().setUp()
        make.job(words_every_reply=False)
        self.interview = make.started()

    def test_an_interview_without_follow_ups_takes_no_call_and_its_turns_say_so(self) -> None:
        with MockModel() as mock, using(mock):
            turns = [make.replied(self.interview, text) for text in make.ANSWERS]

        self.assertEqual(([turn.mode for turn in turns], mock.chats), (["template", "template"], 0))
        self.assertEqual([turn.reply for turn in turns][1], script.closing())
        self.assertEqual(list(LlmCall.objects.values_list("source", flat=True)), ["template", "template"])

    def test_a_greeting_gets_the_question_again_which_is_no_follow_up_of_the_job_s(self) -> None:
        first = make.replied(self.interview, "Hello!")

        again = make.open_turn(self.interview)
        self.assertEqual((first.reply, again.kind, again.probe_kind), (GREETED, "probe", "again"))
        self.assertEqual(again.shown, f"Here is the question once more. {make.PLAN.questions[0].text}")
        make.replied(self.interview, "Hello?")
        self.assertEqual(make.open_turn(self.interview).shown, make.PLAN.questions[1].text)

    def test_the_transcript_tells_a_question_shown_once_more_from_a_follow_up(self) -> None:
        make.replied(self.interview, "Hello!")

        [_, again] = workspace.workspace(self.interview, viewer=make.staff())["turns"]

        self.assertEqual((again["kind"], again["probe_kind"]), ("probe", "again"))
        page = make.signed_in(make.staff()).get(reverse("portal_interview", args=[self.interview.pk]))
        self.assertContains(page, "asked once more")
        self.assertNotContains(page, "<span>follow-up</span>")

    def test_the_question_once_more_takes_no_follow_up_away(self) -> None:
        make.job("asking", max_probes=1, max_probes_interview=1)
        interview = make.started(make.invited("joan@example.org", slug="asking"))

        for text in ("One moment please.", "We moved the tables.", "I did it.", "We talked to him."):
            make.replied(interview, text)

        kinds = [turn.probe_kind or turn.kind for turn in interview.turns.all()]
        self.assertEqual(kinds, ["core", "again", "clarify", "core"])
