"""Admission against a real Valkey: nothing above a limit or a budget, and reservations end or free themselves."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.ids import uuid7
from core.redis import client
from core.testing import TenantTestCase, at_once
from llm import admission
from llm.admission import Candidate, NoRoom, Outcome
from llm.headers import Observed, Quota
from llm.models import LlmCall
from llm.targets import Limits, Price, Target, Window
from llm.tests.asking import forget

PRICE = Price(Decimal(1), Decimal(1), Decimal(1))


def target(name: str, **limits: int) -> Target:
    window = Window(name, Limits(**limits))
    return Target(name, name, "http://127.0.0.1:9/v1", "m", windows=(window,), price=PRICE)


def candidate(name: str, tokens: int = 100, cost_nano: int = 0, **limits: int) -> Candidate:
    return Candidate(target(name, **limits), tokens, cost_nano)


def admit(*candidates: Candidate, **more: Any) -> tuple[UUID, str]:
    """The call's id, and the account that it was admitted to."""
    call_id = uuid7()
    chosen = admission.admit(candidates, call_id=call_id, **{"seconds": 5.0} | more)
    return call_id, chosen.target.account


class AdmissionTestCase(TenantTestCase):
    def setUp(self) -> None:
        super().setUp()
        forget()
        self.addCleanup(forget)

    def refused(self, *candidates: Candidate, **more: Any) -> NoRoom:
        with self.assertRaises(NoRoom) as caught:
            admit(*candidates, **more)
        return caught.exception


class LimitTests(AdmissionTestCase):
    def test_what_can_wait_leaves_a_part_of_each_limit_to_what_can_not(self) -> None:
        for limits, reason in (
            ({"requests_minute": 4}, "requests"),
            ({"tokens_minute": 400}, "tokens"),
            ({"in_flight": 4}, "in_flight"),
        ):
            with self.subTest(reason):
                forget()
                only = candidate("one", tokens=100, **limits)
                for _ in range(3):
                    admit(only, share=0.75)

                self.assertEqual(self.refused(only, share=0.75).reasons, (reason,))
                self.assertEqual(admit(only)[1], "one")
                self.assertEqual(self.refused(only).reasons, (reason,))

    def test_a_call_that_is_alone_may_be_larger_than_its_part(self) -> None:
        only = candidate("one", tokens=390, tokens_minute=400)

        admit(only, share=0.75)

        self.assertEqual(self.refused(only, share=0.75).reasons, ("tokens",))

    def test_requests_of_a_minute_are_counted_and_the_next_candidate_takes_over(self) -> None:
        first, second = candidate("one", requests_minute=2), candidate("two", requests_minute=1)

        accounts = [admit(first, second)[1] for _ in range(3)]
        no_room = self.refused(first, second)

        self.assertEqual(accounts, ["one", "one", "two"])
        self.assertEqual(no_room.reasons, ("requests", "requests"))
        assert no_room.wait is not None
        self.assertTrue(60 < no_room.wait <= 67.1, no_room.wait)  # the lease of 7 s, and a minute

    def test_a_settled_request_counts_for_a_minute_from_its_end_on(self) -> None:
        only = candidate("one", requests_minute=1)
        call_id, _ = admit(only)

        admission.settle(call_id, Outcome("ok", tokens=10), only.target)

        wait = self.refused(only).wait
        assert wait is not None
        self.assertTrue(55 < wait <= 60, wait)

    def test_after_its_minute_a_request_counts_no_more(self) -> None:
        only = candidate("one", requests_minute=1, tokens_minute=100)
        call_id, _ = admit(only)
        client().zadd("candor:llm:w:one:z", {call_id.hex: 1})

        self.assertEqual(admit(only)[1], "one")
        self.assertEqual(client().hgetall("candor:llm:w:one:t").get(b"sum"), b"100")

    def test_tokens_are_reserved_at_their_most_and_the_rest_comes_back(self) -> None:
        only = candidate("one", tokens=600, tokens_minute=1000)
        call_id, _ = admit(only)
        self.assertEqual(self.refused(only).reasons, ("tokens",))

        admission.settle(call_id, Outcome("ok", tokens=400), only.target)

        self.assertEqual(admit(only)[1], "one")
        self.assertEqual(self.refused(only).reasons, ("tokens",))

    def test_who_counts_the_most_tokens_gives_none_back(self) -> None:
        only = replace(candidate("one", tokens=600, tokens_minute=1000))
        only = replace(only, target=replace(only.target, counts_max_tokens=True))
        call_id, _ = admit(only)

        admission.settle(call_id, Outcome("ok", tokens=1), only.target)

        self.assertEqual(self.refused(only).reasons, ("tokens",))

    def test_what_can_never_fit_is_not_waited_for(self) -> None:
        self.assertIsNone(self.refused(candidate("one", tokens=1001, tokens_minute=1000)).wait)

    def test_days_are_those_of_the_provider(self) -> None:
        kiritimati, niue = admission.days("Pacific/Kiritimati", 0), admission.days("Pacific/Niue", 0)

        self.assertEqual((len(kiritimati), len(niue)), (1, 1))
        self.assertGreater(kiritimati[0]["k"], niue[0]["k"])
        self.assertEqual(len(admission.days("UTC", 86_400.0)), 2)

    def test_requests_and_tokens_of_a_day_end_without_a_wait(self) -> None:
        requests, tokens = candidate("one", requests_day=1), candidate("two", tokens=100, tokens_day=150)
        admit(requests)
        admit(tokens)

        self.assertEqual(self.refused(requests).reasons, ("requests_day",))
        self.assertEqual((self.refused(tokens).reasons, self.refused(tokens).wait), (("tokens_day",), None))

    def test_what_was_never_sent_is_given_back_wholly(self) -> None:
        only = candidate("one", requests_minute=1, requests_day=1, tokens_minute=100, tokens_day=100, in_flight=1)
        call_id, _ = admit(only)

        admission.settle(call_id, Outcome("failed", sent=False), only.target)

        self.assertEqual(admit(only)[1], "one")

    def test_requests_at_once_end_with_their_call_or_with_its_lease(self) -> None:
        only = candidate("one", in_flight=1)
        call_id, _ = admit(only)
        self.assertEqual((self.refused(only).reasons, self.refused(only).wait), (("in_flight",), 0.1))

        admission.settle(call_id, Outcome("ok"), only.target)
        dead, _ = admit(only)  # and its worker is killed
        client().zadd("candor:llm:w:one:f", {dead.hex: 1})

        self.assertEqual(admit(only)[1], "one")

    def test_ending_a_reservation_twice_changes_nothing(self) -> None:
        only = candidate("one", tokens=100, tokens_minute=1000)
        call_id, _ = admit(only)
        admission.settle(call_id, Outcome("ok", tokens=40), only.target)

        admission.settle(call_id, Outcome("ok", tokens=7), only.target)

        self.assertEqual(client().hget("candor:llm:w:one:t", "sum"), b"40")

    def test_an_accounts_and_a_models_limits_both_hold(self) -> None:
        windows = (Window("one", Limits(requests_minute=2)), Window("one/m", Limits(requests_minute=1)))
        model = Candidate(replace(target("one"), windows=windows), 10, 0)
        admit(model)

        self.assertEqual(self.refused(model).reasons, ("requests",))
        self.assertEqual(admit(candidate("one", requests_minute=2))[1], "one")
        self.assertEqual(self.refused(candidate("one", requests_minute=2)).reasons, ("requests",))

    def test_a_tenants_own_key_is_counted_apart(self) -> None:
        shared = candidate("one", requests_minute=1)
        own = replace(shared, target=shared.target.with_own_key("alpha", "sk-own"))
        admit(shared)

        self.assertEqual(admit(own)[1], "one")
        self.assertEqual(self.refused(own).reasons, ("requests",))

    def test_what_redis_forgot_is_counted_from_the_ledger(self) -> None:
        only = candidate("one", requests_minute=2, requests_day=100)
        row = {"tenant": "alpha", "feature": "f", "provider": "one", "model": "m", "complexity": "simple"}
        LlmCall.objects.create(account="one", **row)
        LlmCall.objects.create(account="one", source="cache", **row)
        LlmCall.objects.create(account="another", **row)

        admit(only)

        self.assertEqual(self.refused(only).reasons, ("requests",))
        day = admission.days("UTC", 0)[0]["k"]
        self.assertEqual(client().get(f"candor:llm:w:one:rd:{day}"), b"2")

    def test_at_once_not_one_more_than_the_limit_gets_in(self) -> None:
        only = candidate("one", requests_minute=7)
        admission._count_use(only.target, only.target.windows[0])

        def try_ten() -> list[bool]:
            return [self.tried(only) for _ in range(10)]

        results = [got for tries in at_once(*[try_ten] * 4) for got in tries]

        self.assertEqual((results.count(True), results.count(False)), (7, 33))

    def tried(self, only: Candidate) -> bool:
        try:
            return admit(only)[1] == "one"
        except NoRoom:
            return False


class HeaderTests(AdmissionTestCase):
    def settle(self, only: Candidate, outcome: Outcome) -> None:
        call_id, _ = admit(only)
        admission.settle(call_id, outcome, only.target)

    def test_what_a_provider_says_is_left_counts_more_than_the_configuration(self) -> None:
        only = candidate("one", requests_minute=1000, in_flight=50)
        said = Observed(requests=Quota(limit=3, remaining=1, reset_seconds=30.0, window="minute"))
        self.settle(only, Outcome("ok", observed=said))

        admit(only)
        no_room = self.refused(only)

        self.assertEqual(no_room.reasons, ("requests",))
        assert no_room.wait is not None
        self.assertTrue(25 < no_room.wait <= 30)

    def test_requests_under_way_are_taken_off_what_is_left(self) -> None:
        only = candidate("one", requests_minute=1000, in_flight=50)
        first, _ = admit(only)
        admit(only)

        admission.settle(first, Outcome("ok", observed=Observed(requests=Quota(5, 1, 30.0))), only.target)

        self.assertEqual(self.refused(only).reasons, ("requests",))

    def test_tokens_that_are_left_hold_too(self) -> None:
        only = candidate("one", tokens=100)
        self.settle(only, Outcome("ok", observed=Observed(tokens=Quota(5000, 150, 20.0))))

        admit(only)

        self.assertEqual(self.refused(only).reasons, ("tokens",))

    def test_a_limit_without_a_named_window_is_of_the_nearer_configured_one(self) -> None:
        groq = Limits(requests_minute=30, requests_day=1000)

        self.assertIsNone(Quota(limit=1000).of_a_minute(groq.requests_minute, groq.requests_day))
        self.assertEqual(Quota(limit=60).of_a_minute(groq.requests_minute, groq.requests_day), 60)
        self.assertEqual(Quota(limit=60).of_a_minute(None, None), 60)

    def test_a_rate_limit_blocks_for_as_long_as_was_asked(self) -> None:
        only = candidate("one")
        self.settle(only, Outcome("limited", observed=Observed(retry_after=7.0)))

        no_room = self.refused(only)

        self.assertEqual(no_room.reasons, ("blocked",))
        assert no_room.wait is not None
        self.assertTrue(3 < no_room.wait <= 7)

    def test_without_a_word_about_waiting_the_pause_doubles(self) -> None:
        only = candidate("one")
        waits = []
        for _ in range(3):
            self.settle(only, Outcome("limited"))
            waits.append(self.refused(only).wait)
            client().delete("candor:llm:w:one:blocked")

        self.assertEqual(
            [most for most, wait in zip((1, 2, 4), waits, strict=True) if not most / 2 < (wait or 0) <= most], []
        )
