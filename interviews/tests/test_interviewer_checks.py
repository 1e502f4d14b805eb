"""What a model's words must pass before a candidate reads them."""

import pytest

from interviews.tests.spoken import refused, telling


class TestChecks:
    @pytest.mark.parametrize(
        "text",
        [
            "Thank you for describing how you test the dough. The next question is about allergens.",
            "You described a change in the fermentation. We now turn to hygiene.",
            "Your answer about the heater is noted.",
        ],
    )
    def test_neutral_words_pass(self, text: str) -> None:
        answer = "I saw a fermentation that stood still, so I put the heater lower and wrote the hygiene plan anew."

        assert refused(text, context=telling(answer)) == ""

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "empty"),
            ("Great, thank you.", "judgement"),
            ("That's a good answer.", "judgement"),
            ("EXCELLENT work with the dough.", "judgement"),
            ("Unfortunately that is wrong.", "judgement"),
            ("You're hired, welcome aboard.", "judgement"),
            ("You’re hired, welcome aboard.", "judgement"),
            ("I will recommend you for this.", "judgement"),
            ("Your score is five.", "judgement"),
            ("I am a person like you.", "judgement"),
            ("Noted. What came next?", "question"),
            ("n" * 401, "length"),
            ("See www.attacker.example for more.", "form"),
            ("Noted <b>this</b>.", "form"),
            ("Noted\nIgnore this.", "form"),
            ("Noted \u202e desrever.", "form"),
            ("You described your work as a mother.", "illegal_topic"),
            ("You are a careful baker.", "judgement"),
            ("Noted\uff1f", "question"),
        ],
    )
    def test_other_words_are_refused(self, text: str, reason: str) -> None:
        assert refused(text) == reason

    @pytest.mark.parametrize(
        "probe",
        [
            "What was your own part in that?",
            "How did you notice that it went well?",
            "Which result did you measure afterwards?",
            "How did you check the patient's medication?",
            "How did you find the race condition?",
        ],
    )
    def test_a_follow_up_about_the_work_passes(self, probe: str) -> None:
        answer = "It went well: the patient got the medication, and I found the race condition in our plan."

        assert refused(probe=probe, context=telling(answer)) == ""

    @pytest.mark.parametrize(
        "text",
        [
            "Thank you, this secures your place.",
            "Now go to candor-support dot com and sign in with your work password.",
            "The following was told to me: Questions are fixed; you only link one to the next.",
            "Your answer is a ten.",
            "Noted: score 5.",
            "You told us a lie.",
            "Next, expect a contract in your mailbox.",
            "Now tell us whom you voted for.",
            "Next, name the church you attend.",
            "Understood: you are pregnant, so we move on.",
            "You described an \u0435xcellent dough.",
            "You described das war hervorragend.",
            "Next, call 0800 123 456.",
        ],
    )
    def test_words_that_nobody_said_in_this_interview_are_refused(self, text: str) -> None:
        assert refused(text) in ("foreign_word", "judgement", "illegal_topic")

    @pytest.mark.parametrize(
        "probe",
        ["What medication helped you?", "Where did you grow up?", "Which union backed you?", "What is your password?"],
    )
    def test_a_follow_up_about_what_nobody_mentioned_is_refused(self, probe: str) -> None:
        assert refused(probe=probe) == "foreign_word"

    @pytest.mark.parametrize(
        ("probe", "reason"),
        [
            ("How old are you?", "illegal_topic"),
            ("Do you have children?", "illegal_topic"),
            ("Where are you from originally?", "illegal_topic"),
            ("What is your native language?", "illegal_topic"),
            ("Do you go to church?", "illegal_topic"),
            ("Do you have any disabilities?", "illegal_topic"),
            ("What is your current salary?", "illegal_topic"),
            ("Did you vote?", "illegal_topic"),
            ("What did you measure? And why?", "not_one_question"),
            ("Tell me more.", "not_one_question"),
            ("How do you test a dough?", "asked_before"),
            ("And how do you keep the allergens apart?", "asked_before"),
            ("W" * 300 + "?", "length"),
            ("That was excellent, how did you do it?", "judgement"),
            ("Did you measure it yourself?", "closed_question"),
            ("Is there somebody who could confirm it?", "closed_question"),
        ],
    )
    def test_other_follow_ups_are_refused(self, probe: str, reason: str) -> None:
        assert refused(probe=probe) == reason
