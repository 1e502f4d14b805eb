"""A batch that ends while its evaluation looks at it: the evaluation never waits for what is over."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from core import clock
from core.models import Due
from core.testing import CommittingTestCase, at_once, wait_for_a_lock
from interviews.models import Evaluation
from interviews.services import evaluations
from interviews.tests import make
from llm import batch_states, batches
from llm.batches import BatchRequest
from llm.models import Batch
from llm.policy import TenantPolicy
from llm.targets import Target

TARGET = Target(account="a", provider="p", base_url="http://127.0.0.1:9/v1", model="m", has_batch=True)


class AtOnceTests(CommittingTestCase):
    def setUp(self) -> None:
        super().setUp()
        make.job(evaluation_waits_hours=6)
        self.evaluation = make.submitted(make.invited(f"{uuid4()}@example.org")).evaluations.get()
        self.batch = self.owed()

    def owed(self) -> Batch:
        return batches.submit(
            policy=TenantPolicy(schema="alpha"),
            target=TARGET,
            feature="evaluation",
            owner_kind="evaluation",
            owner_id=self.evaluation.pk,
            requests=[BatchRequest("k", {})],
            deadline_at=clock.now() + timedelta(hours=6),
        )

    def test_it_runs_at_once_when_the_batch_ends_meanwhile(self) -> None:
        ended = threading.Event()

        def end() -> None:
            with transaction.atomic():
                batch_states.end(self.batch, Batch.Status.DONE)
                ended.set()
                wait_for_a_lock()

        def look() -> None:
            ended.wait(10)
            evaluations.run(evaluation_id=self.evaluation.pk)

        results = at_once(end, look)

        self.assertEqual(results, [None, None])
        self.assertEqual(Evaluation.objects.get(pk=self.evaluation.pk).status, "provisional")

    def test_it_falls_due_when_the_batch_ends_after_it_was_put_off(self) -> None:
        evaluations.run(evaluation_id=self.evaluation.pk)
        self.assertGreater(due_at(self.evaluation.pk), clock.now() + timedelta(hours=5))

        with transaction.atomic():
            batch_states.end(self.batch, Batch.Status.DONE)

        self.assertLessEqual(due_at(self.evaluation.pk), clock.now())

    def test_two_workers_owe_one_batch(self) -> None:
        results: list[Any] = at_once(self.owed, self.owed)

        self.assertEqual([batch.pk for batch in results], [self.batch.pk] * 2)


def due_at(evaluation_id: UUID) -> Any:
    return Due.objects.get(kind="evaluation", object_id=evaluation_id).due_at
