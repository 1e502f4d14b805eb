"""Work that can wait goes through a provider's batch API and comes back row by row."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

from django.db import connection
from llmock.routers import batch as remote

from core import clock, tenancy
from core.claims import AlreadyClaimed
from core.models import Due
from llm import batches, canary, tasks
from llm.models import Batch, BatchItem
from llm.policy import TenantPolicy
from llm.tests.batched import INTERVIEW, SUBJECT, BatchCase, body

MINUTE = timedelta(minutes=1)


class SubmitTests(BatchCase):
    def test_it_is_owed_in_the_transaction_and_hinted_after_the_commit(self) -> None:
        with mock.patch("core.tasks.send") as sent, self.captureOnCommitCallbacks(execute=True):
            batch = self.submit()

        self.assertEqual((batch.status, len(self.items(batch))), ("owed", 3))
        self.assertEqual(remote._batches, {})
        self.assertEqual(sent.call_args.args[0], "llm.run_batch")
        self.assertIsNotNone(self.looks_in(batch))

    def test_an_owner_has_one_batch(self) -> None:
        first = self.submit()

        second = self.submit()

        self.assertEqual((second.pk, BatchItem.objects.count()), (first.pk, 3))

    def test_what_can_not_be_batched_is_refused_and_nothing_is_written(self) -> None:
        assert self.target is not None
        without = mock.Mock(has_batch=False, account="a")
        wrong: list[dict[str, Any]] = [
            {"target": without},
            {"feature": "interview_turn"},
            {"requests": []},
            {"requests": [batches.BatchRequest("k", {})] * 51},
            {"policy": TenantPolicy(schema="beta")},
        ]
        for changes in wrong:
            with self.assertRaises(batches.NotBatchable):
                self.submit(**changes)

        self.assertEqual((Batch.objects.count(), Due.objects.filter(kind="llm.batch").count()), (0, 0))

    def test_requests_are_sealed_until_the_provider_has_them(self) -> None:
        batch = self.submit(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT body FROM public.llm_batch_item")
            self.assertNotIn(b"Question", bytes(cursor.fetchone()[0]))

        self.run_it(batch)

        self.assertEqual(list(BatchItem.objects.values_list("body", flat=True)), [None])

    def test_the_provider_gets_each_request_with_the_id_of_its_item(self) -> None:
        batch = self.sent(2)

        lines = [json.loads(line) for line in remote._files[self.there()["input_file_id"]]["content"].splitlines()]
        items = {str(item.pk): item.cache_key for item in batch.items.all()}
        self.assertEqual((batch.status, batch.remote_id), ("submitted", self.there()["id"]))
        self.assertEqual({line["custom_id"] for line in lines}, set(items))
        self.assertEqual([line["body"] for line in lines], [body("Question 0"), body("Question 1")])
        self.assertEqual(self.there()["metadata"], {"candor_batch": str(batch.pk)})

    def test_it_is_looked_at_after_half_a_minute_and_then_more_seldom(self) -> None:
        with self.stopped():
            batch = self.sent()
            pauses = [self.looks_in(batch)]
            for minutes in (8, 300):
                Batch.objects.update(created_at=clock.now() - minutes * MINUTE)
                self.run_it(batch)
                pauses.append(self.looks_in(batch))

        for pause, seconds in zip(pauses, (30, 120, 600), strict=True):
            assert pause is not None
            self.assertAlmostEqual(pause.total_seconds(), seconds, delta=5)

    def test_no_look_is_put_off_beyond_the_deadline(self) -> None:
        batch = self.sent(deadline_at=clock.now() + timedelta(seconds=12))

        pause = self.looks_in(batch)

        assert pause is not None
        self.assertAlmostEqual(pause.total_seconds(), 12, delta=4)


class DoneTests(BatchCase):
    def test_every_answer_is_kept_and_the_owner_runs_at_once(self) -> None:
        batch = self.sent()
        self.assertFalse(self.owner_runs())

        batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.error), ("done", ""))
        self.assertEqual(self.items(batch), {f"k{number}": ("answered", "") for number in range(3)})
        self.assertEqual((self.owner_runs(), self.looks_in(batch)), (True, None))
        kept = self.kept["k1"]
        self.assertEqual((kept.feature, kept.subject_id, kept.model), ("evaluation", SUBJECT, "gpt-4o"))
        self.assertTrue(kept.text)
        self.assertEqual(kept.finish_reason, "stop")

    def test_each_is_one_line_in_the_ledger_at_the_price_of_a_batch(self) -> None:
        batch = self.sent(1)

        def usage(lines: list[dict[str, Any]]) -> None:
            counted = {"prompt_tokens": 1000, "completion_tokens": 50, "prompt_tokens_details": {"cached_tokens": 400}}
            lines[0]["response"]["body"]["usage"] = counted

        self.answered(batch, usage)
        self.run_it(batch)

        (row,) = self.ledger()
        self.assertEqual(
            (row.source, row.tenant, row.feature, row.interview_id), ("batch", "alpha", "evaluation", INTERVIEW)
        )
        self.assertEqual(
            (row.provider, row.account, row.model, row.price_version), ("openai", "openai-1", "gpt-4o", "v1")
        )
        self.assertEqual((row.complexity, row.prompt_version, row.error_kind), ("complex", "evaluation.v1", ""))
        self.assertEqual((row.tokens_in, row.tokens_cached, row.tokens_out), (1000, 400, 50))
        # live: 600 x 2 + 400 x 0.5 + 50 x 10, per million
        self.assertEqual((row.cost_usd, row.saved_usd), (Decimal("0.00095"), Decimal("0.00095")))
        self.assertIsNotNone(row.settled_at)

    def test_rows_that_failed_or_are_missing_run_live_and_the_others_count(self) -> None:
        batch = self.sent(4)

        def spoil(lines: list[dict[str, Any]]) -> None:
            lines[1]["url"] = "/v1/nothing"
            del lines[2]

        self.changed(spoil)
        batch = self.run_it(batch)

        self.assertEqual(batch.status, "done")
        self.assertEqual(
            self.items(batch),
            {
                "k0": ("answered", ""),
                "k1": ("failed", "rejected"),
                "k2": ("failed", "no_answer"),
                "k3": ("answered", ""),
            },
        )
        self.assertEqual(set(self.kept), {"k0", "k3"})
        outcomes = [(row.error_kind, bool(row.cost_usd)) for row in self.ledger()]
        self.assertCountEqual(outcomes, [("", True), ("", True), ("rejected", False)])
        self.assertTrue(self.owner_runs())

    def test_answers_that_can_not_be_used_are_paid_for_and_not_kept(self) -> None:
        batch = self.sent(5)

        def spoil(lines: list[dict[str, Any]]) -> None:
            lines[0]["response"]["body"]["choices"][0]["finish_reason"] = "length"
            lines[1]["response"]["body"]["choices"][0]["message"]["content"] = f"My word is {canary.WORD}."
            lines[2]["response"]["status_code"] = 500
            lines[3]["response"]["body"] = "oops"
            lines[4]["response"]["body"]["choices"][0]["finish_reason"] = None

        self.answered(batch, spoil)
        batch = self.run_it(batch)

        kinds = {"k0": "truncated", "k1": "canary", "k2": "server_error", "k3": "wrong_shape", "k4": "truncated"}
        self.assertEqual(self.items(batch), {key: ("failed", kind) for key, kind in kinds.items()})
        self.assertEqual(self.kept, {})
        paid = {row.error_kind: bool(row.cost_usd) for row in self.ledger()}
        self.assertEqual(paid, {"truncated": True, "canary": True, "server_error": False, "wrong_shape": False})

    def test_the_canary_of_the_process_that_asked_is_looked_for(self) -> None:
        with mock.patch.object(canary, "WORD", "qwrtpsdfghjklmnb"):
            batch = self.submit(1)
        batch = self.run_it(batch)

        def leak(lines: list[dict[str, Any]]) -> None:
            lines[0]["response"]["body"]["choices"][0]["message"]["content"] = "qwrtpsdfghjklmnb"

        self.answered(batch, leak)

        self.assertEqual(self.items(self.run_it(batch)), {"k0": ("failed", "canary")})

    def test_lines_of_nobody_twins_and_rubbish_change_nothing(self) -> None:
        batch = self.sent(1)
        remote._refresh(self.there())
        file = remote._files[self.there()["output_file_id"]]
        stranger = json.dumps(json.loads(file["content"]) | {"custom_id": "somebody"})
        file["content"] = "\n".join(["{", "[]", stranger, file["content"], file["content"]])

        self.run_it(batch)

        self.assertEqual((len(self.ledger()), set(self.kept)), (1, {"k0"}))

    def test_the_provider_s_files_are_removed(self) -> None:
        self.run_it(self.sent())

        self.assertEqual(remote._files, {})

    def test_the_task_does_it_inside_the_tenant(self) -> None:
        batch = self.sent()

        tasks.run_batch(tenant="alpha", batch_id=str(batch.pk))

        self.assertEqual(Batch.objects.get().status, "done")

    def test_another_tenant_s_task_touches_nothing(self) -> None:
        batch = self.sent()

        with tenancy.enter("beta"), self.assertRaises(AlreadyClaimed):
            batches.run(batch_id=batch.pk)

        self.assertEqual(Batch.objects.get().status, "submitted")
