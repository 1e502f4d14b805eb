"""Batches that expire, are refused, come too late or are about somebody who is no more: the rest runs live."""

from datetime import timedelta
from typing import Any
from unittest import mock

from llmock.routers import batch as remote
from llmock.scenarios import Fail

from core import tenancy
from core.claims import AlreadyClaimed
from llm import batches, wire_batches
from llm.models import Batch, BatchItem
from llm.tests.batched import INTERVIEW, SUBJECT, BatchCase


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
