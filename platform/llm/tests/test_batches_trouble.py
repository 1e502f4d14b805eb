"""Batches under trouble: nothing is submitted twice unseen, and nothing is paid twice."""

import time
from datetime import timedelta
from typing import Any
from unittest import mock

from llmock.routers import batch as remote
from llmock.scenarios import Fail

from core import clock
from core.claims import AlreadyClaimed, LeaseLost
from llm import batch_results, batches, wire_batches
from llm.batch_results import Kept
from llm.failures import WireError
from llm.models import Batch, BatchItem, LlmCall
from llm.tests.batched import BatchCase

MINUTE = timedelta(minutes=1)


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
            metadata = ["odd", "told", 7] if number % 2 else None
            other = theirs | {"id": f"batch_{number}", "metadata": metadata, "created_at": theirs["created_at"] + 1}
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
