"""Work that can wait goes through a provider's batch API and comes back row by row."""

import json
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

from django.db import connection
from llmock.routers import batch as remote
from llmock.scenarios import Fail

from core import clock, tenancy
from core.claims import AlreadyClaimed, LeaseLost
from core.models import Due
from llm import batch_results, batches, canary, tasks, wire_batches
from llm.batch_results import Kept
from llm.models import Batch, BatchItem, LlmCall
from llm.policy import TenantPolicy
from llm.providers import WireError
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
        self.assertEqual(self.kept["k0"].cost_nano, 950_000)
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


class GivenBackTests(BatchCase):
    def test_a_batch_that_expired_gives_what_it_has_and_the_rest_runs_live(self) -> None:
        batch = self.sent()

        def one(lines: list[dict[str, Any]]) -> None:
            del lines[1:]

        self.answered(batch, one)
        self.there()["status"] = "expired"
        batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.error), ("failed", "expired"))
        self.assertCountEqual(
            self.items(batch).values(), [("answered", ""), ("failed", "no_answer"), ("failed", "no_answer")]
        )
        self.assertEqual((len(self.kept), len(self.ledger())), (1, 1))
        self.assertEqual((self.owner_runs(), self.looks_in(batch)), (True, None))

    def test_after_its_deadline_it_is_cancelled_and_runs_live(self) -> None:
        with self.stopped():
            batch = self.sent()
            self.late(batch)
            batch = self.run_it(batch)

        self.assertEqual(self.there()["status"], "cancelled")
        self.assertEqual((batch.status, batch.error), ("failed", "too_late"))
        self.assertEqual(set(self.items(batch).values()), {("failed", "no_answer")})
        self.assertEqual((self.owner_runs(), self.looks_in(batch), self.ledger()), (True, None, []))

    def test_what_is_ready_at_the_deadline_is_taken(self) -> None:
        batch = self.sent()
        self.late(batch)

        batch = self.run_it(batch)

        self.assertEqual((batch.status, len(self.kept)), ("done", 3))

    def test_one_that_is_still_being_cancelled_runs_live_at_once_and_its_costs_are_counted_later(self) -> None:
        real = wire_batches.cancel

        def slowly(*args: Any, **keywords: Any) -> Any:
            real(*args, **keywords)
            self.there()["status"] = "cancelling"
            return wire_batches.retrieve(*args, **keywords)

        with self.stopped():
            batch = self.sent(2)
            self.late(batch)
            with mock.patch.object(wire_batches, "cancel", slowly):
                batch = self.run_it(batch)
                self.assertEqual((batch.status, batch.error, self.owner_runs()), ("failed", "too_late", True))
                batch = self.run_it(batch)  # still not over
        pause = self.looks_in(batch)
        assert pause is not None and pause > timedelta(0)
        self.there().update(status="validating", done=False)
        remote._refresh(self.there())
        self.there()["status"] = "cancelled"
        batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.error, self.looks_in(batch)), ("failed", "too_late", None))
        self.assertEqual(len(self.ledger()), 2)

    def test_a_provider_that_refuses_the_batch_gives_it_back_and_its_file_is_removed(self) -> None:
        batch = self.submit()
        real = wire_batches.upload

        def upload(*args: Any, **keywords: Any) -> str:
            name = real(*args, **keywords)
            self.server.state.scenarios.add(Fail(400))
            return name

        with mock.patch.object(wire_batches, "upload", upload):
            batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.error), ("failed", "rejected"))
        self.assertEqual((remote._files, remote._batches, self.owner_runs()), ({}, {}, True))
        batch = self.run_it(batch)  # looks whether it was begun after all
        self.assertEqual((self.looks_in(batch), set(self.items(batch).values())), (None, {("failed", "no_answer")}))

    def test_a_key_that_is_refused_before_anything_was_sent_ends_it(self) -> None:
        batch = self.submit()
        self.server.state.scenarios.add(Fail(401))

        batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.error, self.looks_in(batch)), ("failed", "unauthorised", None))
        self.assertTrue(self.owner_runs())

    def test_a_batch_that_the_provider_does_not_know_any_more_ends(self) -> None:
        batch = self.sent()
        remote._batches.clear()

        batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.error, self.looks_in(batch)), ("failed", "not_found", None))

    def test_an_account_that_went_away_gives_it_back(self) -> None:
        batch = self.submit()
        self.target = None

        batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.error, self.owner_runs()), ("failed", "no_target", True))

    def test_one_that_was_never_sent_before_its_deadline_is_never_sent(self) -> None:
        batch = self.submit()
        self.late(batch)

        batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.error), ("failed", "too_late"))
        self.assertEqual((remote._batches, remote._files, self.looks_in(batch)), ({}, {}, None))
        self.assertEqual(set(BatchItem.objects.values_list("body", flat=True)), {None})


class TroubleTests(BatchCase):
    def test_a_provider_that_is_away_is_asked_again_until_the_deadline(self) -> None:
        batch = self.submit()
        for status in (503, 429):
            self.server.state.scenarios.add(Fail(status))
            self.assertEqual(self.run_it(batch).status, "owed")
            self.assertIsNotNone(self.looks_in(batch))

        batch = self.run_it(batch)
        self.assertEqual(batch.status, "submitted")
        self.server.state.scenarios.add(Fail(500))
        self.assertEqual(self.run_it(batch).status, "submitted")
        self.assertFalse(self.owner_runs())
        self.late(batch)
        self.server.state.scenarios.add(Fail(500))
        self.assertEqual((self.run_it(batch).status, self.owner_runs()), ("failed", True))

    def test_a_lost_answer_of_the_submission_is_found_again_and_nothing_is_submitted_twice(self) -> None:
        batch = self.submit()
        real = wire_batches.create

        def lost(*args: Any, **keywords: Any) -> Any:
            real(*args, **keywords)
            raise WireError("cut")

        with mock.patch.object(wire_batches, "create", lost):
            self.assertEqual(self.run_it(batch).status, "owed")
        batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.remote_id), ("submitted", self.there()["id"]))

    def test_the_lost_one_is_found_behind_a_page_of_others(self) -> None:
        batch = self.sent()
        theirs = dict(self.there())
        for number in range(120):
            other = theirs | {"id": f"batch_{number}", "metadata": None, "created_at": theirs["created_at"] + 1}
            remote._batches[other["id"]] = other

        assert self.target is not None
        found = wire_batches.find(self.target, ours=str(batch.pk), deadline=time.monotonic() + 10)

        assert found is not None
        self.assertEqual(found.id, batch.remote_id)

    def test_a_worker_that_dies_before_it_could_note_the_batch_is_followed_by_one_that_finds_it(self) -> None:
        batch = self.submit()
        with mock.patch("llm.batch_states.submitted", side_effect=SystemExit), self.assertRaises(SystemExit):
            batches.run(batch_id=batch.pk)
        with self.assertRaises(AlreadyClaimed):
            batches.run(batch_id=batch.pk)  # its lease still runs
        Batch.objects.update(lease_until=clock.now() - MINUTE)

        batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.remote_id, len(remote._batches)), ("submitted", self.there()["id"], 1))

    def test_a_worker_that_dies_among_the_rows_costs_nothing_twice(self) -> None:
        batch = self.sent()
        real, calls = batch_results._record, []

        def dying(*args: Any, **keywords: Any) -> None:
            calls.append(args)
            if len(calls) == 2:
                raise SystemExit
            real(*args, **keywords)

        with mock.patch.object(batch_results, "_record", dying), self.assertRaises(SystemExit):
            batches.run(batch_id=batch.pk)
        self.assertEqual((len(self.kept), LlmCall.objects.count()), (2, 1))
        Batch.objects.update(lease_until=None)
        batch = self.run_it(batch)

        self.assertEqual((batch.status, LlmCall.objects.count(), len(self.kept)), ("done", 3, 3))
        self.assertEqual(LlmCall.objects.values("request_id").distinct().count(), 3)

    def test_a_row_that_another_worker_recorded_meanwhile_is_not_counted_again(self) -> None:
        batch = self.sent(2)

        def overtaken(kept: Kept) -> None:
            if kept.cache_key == "k0":
                BatchItem.objects.filter(cache_key="k0").update(status="answered")
            self.store(kept)

        batches.connect(find_target=self.find_target, store=overtaken)
        self.run_it(batch)

        (row,) = self.ledger()
        self.assertEqual(row.request_id, BatchItem.objects.get(cache_key="k1").pk)

    def test_a_worker_whose_lease_was_taken_over_starts_nothing(self) -> None:
        batch = self.submit()
        real = wire_batches.upload

        def overtaken(*args: Any, **keywords: Any) -> str:
            Batch.objects.update(fence=9)
            return real(*args, **keywords)

        with mock.patch.object(wire_batches, "upload", overtaken), self.assertRaises(LeaseLost):
            batches.run(batch_id=batch.pk)

        self.assertEqual(remote._batches, {})

    def test_an_odd_answer_of_the_provider_is_an_error_like_any_other(self) -> None:
        batch = self.sent()
        answers: list[dict[str, Any]] = [
            {"id": "../../etc"},
            {"id": "b", "output_file_id": "a/b", "status": "completed"},
            {"status": []},
        ]
        for odd in answers:
            with mock.patch.object(remote, "_get_batch", return_value=odd):
                self.assertEqual(self.run_it(batch).status, "submitted")

        self.assertEqual(self.run_it(batch).status, "done")


class PurgeTests(BatchCase):
    def test_what_was_not_sent_is_emptied_and_ends(self) -> None:
        batch = self.submit()

        self.assertEqual(batches.purge(subject_id=SUBJECT), 1)

        self.assertEqual(set(BatchItem.objects.values_list("body", "error")), {(None, "purged")})
        self.assertIsNone(self.looks_in(batch))
        with self.assertRaises(AlreadyClaimed):
            batches.run(batch_id=batch.pk)

    def test_of_what_was_sent_nothing_is_kept_but_its_cost_is_counted(self) -> None:
        batch = self.sent()

        batches.purge(subject_id=SUBJECT)
        batch = self.run_it(batch)

        self.assertEqual((batch.status, batch.error, self.looks_in(batch)), ("failed", "purged", None))
        self.assertEqual((self.kept, len(self.ledger()), remote._files), ({}, 3, {}))

    def test_others_and_other_tenants_are_left_alone(self) -> None:
        batch = self.sent()

        with tenancy.enter("beta"):
            self.assertEqual(batches.purge(subject_id=SUBJECT), 0)
        self.assertEqual(batches.purge(subject_id=INTERVIEW), 0)

        self.assertEqual(Batch.objects.get(pk=batch.pk).status, "submitted")
