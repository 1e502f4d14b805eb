"""Questions that can wait: whom they go to, what refuses them, and where their answers are found."""

import json
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any, cast

from django.test import override_settings
from llmock.routers import batch as remote

from core import clock, tenancy
from core.ids import uuid7
from keys import ring
from llm import batching, canary, gateway, nonce, own_keys
from llm.batches import NotBatchable
from llm.models import Account, Batch, BatchItem, LlmCall, Offer
from llm.policy import TenantPolicy
from llm.preparing import Unasked
from llm.tests.asking import INTERVIEW, MESSAGES, forget
from llm.tests.batched import OWNER, SUBJECT, BatcherCase

POLICY = TenantPolicy(schema="alpha")


def question(number: int = 0, **changes: Any) -> Unasked:
    asked: dict[str, Any] = {
        "feature": "report",
        "policy": POLICY,
        "messages": [*MESSAGES, {"role": "user", "content": f"{nonce.PLACEHOLDER} Part {number}."}],
        "complexity": "complex",
        "max_tokens": 200,
        "interview_id": INTERVIEW,
        "subject_id": SUBJECT,
        "known": ("Anna de Vries",),
        "prompt_version": "report.v1",
    }
    return cast(Unasked, asked | changes)


def well(lines: list[dict[str, Any]]) -> None:
    """The server's own answers repeat what they were asked."""
    for place, line in enumerate(lines):
        line["response"]["body"]["choices"][0]["message"]["content"] = f"Part {place} is done."


class BatchingTests(BatcherCase):
    def owed(self, *questions: Unasked) -> Batch | None:
        asked = questions or (question(0), question(1))
        deadline = clock.now() + timedelta(hours=6)
        return gateway.submit_batch(asked, owner_kind=OWNER, owner_id=self.owner_id, deadline_at=deadline)

    def test_a_batch_holds_each_question_as_it_would_be_sent(self) -> None:
        batch = self.owed()

        assert batch is not None
        self.assertEqual((batch.account, batch.model, batch.own_key), ("batcher", "gpt-4o", False))
        self.assertEqual((batch.interview_id, batch.subject_id), (INTERVIEW, SUBJECT))
        self.assertEqual((batch.prompt_version, batch.canary), ("report.v1", canary.WORD))
        bodies = [json.loads(str(item.body)) for item in BatchItem.objects.order_by("pk")]
        self.assertEqual([(one["model"], one["max_tokens"]) for one in bodies], [("gpt-4o", 200)] * 2)
        for one in bodies:
            words = json.dumps(one)
            self.assertIn(canary.WORD, words)
            self.assertNotIn(json.dumps(nonce.PLACEHOLDER)[1:-1], words)
            self.assertNotIn("Anna", words)

    def test_complete_finds_what_the_batch_answered(self) -> None:
        subject_id = uuid7()
        ring.create_subject_key(tenancy.tenant_id(), subject_id)
        asked = [question(number, subject_id=subject_id) for number in (0, 1)]
        batch = self.owed(*asked)
        assert batch is not None
        self.run_it(batch)
        self.answered(batch, well)
        self.run_it(batch)

        found = [gateway.complete(**one, deadline=time.monotonic() + 5) for one in asked]

        self.assertEqual([one.text for one in found], ["Part 0 is done.", "Part 1 is done."])
        self.assertEqual(sorted(row.source for row in self.ledger()), ["batch", "batch", "collected", "collected"])
        self.assertEqual(LlmCall.objects.filter(source="provider").count(), 0)

    def test_what_never_waits_or_differs_is_refused_and_nothing_is_written(self) -> None:
        wrong: list[list[Unasked]] = [
            [question(feature="interview_turn")],
            [question(), question(feature="evaluation")],
            [question(), question(subject_id=uuid7())],
            [question(), question(interview_id=uuid7())],
            [question(), question(prompt_version="report.v2")],
            [question(), question(policy=TenantPolicy(schema="alpha", region="eu"))],
            [question(number) for number in range(51)],
        ]
        for asked in wrong:
            with self.assertRaises(NotBatchable):
                self.owed(*asked)

        self.assertEqual(Batch.objects.count(), 0)

    def test_no_question_is_no_batch(self) -> None:
        self.assertIsNone(gateway.submit_batch([], owner_kind=OWNER, owner_id=self.owner_id, deadline_at=clock.now()))

    def test_where_the_policy_leaves_none_they_are_asked_live(self) -> None:
        for policy in (TenantPolicy("alpha", region="eu"), TenantPolicy("alpha", providers=frozenset({"groq"}))):
            self.assertIsNone(self.owed(question(policy=policy)))

    def test_one_that_is_too_long_is_left_to_the_live_call_that_says_so(self) -> None:
        self.assertIsNone(self.owed(question(), question(max_tokens=2001)))

    def test_a_batch_at_a_lower_quality_than_a_live_call_is_none(self) -> None:
        Offer.objects.filter(account__label="batcher").update(quality=Offer.Quality.SMALL)
        self.account("strong", "gpt-5", Decimal(20), Decimal(100))

        self.assertIsNone(self.owed())

    def test_of_two_accounts_the_one_whose_batch_costs_less_is_asked(self) -> None:
        self.account("dear", "gpt-5", Decimal(3), Decimal(15), has_batch=True)
        self.account("fair", "gpt-6", Decimal("1.9"), Decimal("9.9"), has_batch=True)

        batch = self.owed()

        assert batch is not None
        self.assertEqual(batch.account, "fair")

    def test_without_an_own_price_for_batches_nothing_is_gained_by_waiting(self) -> None:
        from_now_on = Offer.objects.get(account__label="batcher").prices
        from_now_on.create(version="v2", usd_in=Decimal(2), usd_cached=Decimal(2), usd_out=Decimal(10))
        forget()

        self.assertIsNone(self.owed())


class FindTargetTests(BatcherCase):
    def owed(self, policy: TenantPolicy = POLICY) -> Batch:
        deadline = clock.now() + timedelta(hours=6)
        asked = [question(policy=policy)]
        batch = gateway.submit_batch(asked, owner_kind=OWNER, owner_id=self.owner_id, deadline_at=deadline)
        assert batch is not None
        return batch

    def test_the_platform_s_key_is_read_where_its_row_says(self) -> None:
        target = batching.find_target(self.owed())

        assert target is not None
        self.assertEqual((target.name, target.api_key), ("batcher/gpt-4o", "sk-any"))

    def test_a_batch_by_the_tenant_s_own_key_is_looked_for_with_that_key_alone(self) -> None:
        own_keys.give(tenant_schema="alpha", account_label="batcher", key="sk-own")
        own_keys.forget("alpha")
        self.addCleanup(own_keys.forget, "alpha")
        batch = self.owed(TenantPolicy("alpha", own_keys=True))
        target = batching.find_target(batch)
        assert target is not None
        self.assertEqual((batch.own_key, target.api_key), (True, "sk-own"))

        own_keys.remove(tenant_schema="alpha", account_label="batcher")
        own_keys.forget("alpha")

        self.assertIsNone(batching.find_target(batch))

    def test_a_tenant_s_own_key_is_enough_for_a_batch_of_its_own_alone(self) -> None:
        own_keys.give(tenant_schema="alpha", account_label="batcher", key="sk-own")
        own_keys.forget("alpha")
        self.addCleanup(own_keys.forget, "alpha")
        forget()

        with override_settings(LLM_ENV={}):
            target = batching.find_target(self.owed(TenantPolicy("alpha", own_keys=True)))
            others = batching.submit_batch(
                [question()], owner_kind="test", owner_id=uuid7(), deadline_at=clock.now() + timedelta(hours=1)
            )

        assert target is not None
        self.assertEqual((target.name, target.api_key, others), ("batcher/gpt-4o", "sk-own", None))

    def test_while_its_key_can_not_be_had_a_batch_at_the_provider_is_looked_at_later(self) -> None:
        batch = self.run_it(self.owed())
        Account.objects.filter(label="batcher").update(key_source="vault:nowhere/none#key")
        forget()

        with override_settings(LLM_ENV={"BATCHER_KEY": "sk-any"}):
            batch = self.run_it(batch)

        self.assertEqual((batch.status, len(remote._batches)), ("submitted", 1))
        self.assertIsNotNone(self.looks_in(batch))
