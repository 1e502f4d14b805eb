"""How the tests of batches ask, and how they look into somebody else's server (llmock) and change what it holds."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock
from uuid import UUID

from llmock.routers import batch as remote
from llmock.testing import LLMockServer

from core import clock, due
from core.ids import uuid7
from core.models import Due
from core.testing import TenantTestCase
from llm import batches
from llm.batch_results import Kept
from llm.batches import BatchRequest
from llm.models import Batch, BatchItem, LlmCall
from llm.policy import TenantPolicy
from llm.targets import Price, Target

OWNER = "test.batch_owner"
INTERVIEW, SUBJECT = UUID(int=11), UUID(int=12)

due.register(OWNER, task="core.tests.card", keyword="card_id")


class BatchCase(TenantTestCase):
    """A server of its own whose batches are ready at once, and a cache that is a dictionary."""

    server: LLMockServer

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.server = LLMockServer().start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.stop()
        super().tearDownClass()

    def setUp(self) -> None:
        super().setUp()
        self.enterContext(mock.patch.object(remote, "_BATCH_DELAY", 0.0))
        self.enterContext(mock.patch.object(batches, "_wiring", []))
        self.server.state.scenarios.clear()
        remote._batches.clear()
        remote._files.clear()
        self.kept: dict[str, Kept] = {}
        self.target: Target | None = Target(
            account="openai-1", provider="openai", base_url=self.server.base_url("openai"), model="gpt-4o",
            api_key="sk-SECRET-KEY", has_batch=True, price_version="v1",  # pragma: allowlist secret
            price=Price(Decimal(2), Decimal("0.5"), Decimal(10), Decimal("0.5")),
        )  # fmt: skip
        batches.connect(find_target=self.find_target, store=self.store)
        self.owner_id = uuid7()
        due.owe(OWNER, self.owner_id, after=timedelta(hours=6))

    def find_target(self, batch: Batch) -> Target | None:
        self.assertEqual((batch.tenant, batch.account, batch.model), ("alpha", "openai-1", "gpt-4o"))
        return self.target

    def store(self, kept: Kept) -> None:
        self.kept[kept.cache_key] = kept

    def submit(self, count: int = 3, **changes: Any) -> Batch:
        """Owe a batch of `count` questions under the keys k0, k1, ..."""
        asked: dict[str, Any] = {
            "policy": TenantPolicy(schema="alpha"),
            "target": self.target,
            "feature": "evaluation",
            "owner_kind": OWNER,
            "owner_id": self.owner_id,
            "requests": [BatchRequest(f"k{number}", body(f"Question {number}")) for number in range(count)],
            "deadline_at": clock.now() + timedelta(hours=6),
            "interview_id": INTERVIEW,
            "subject_id": SUBJECT,
            "prompt_version": "evaluation.v1",
        }
        return batches.submit(**asked | changes)

    def sent(self, count: int = 3, **changes: Any) -> Batch:
        """A batch that is at the provider."""
        return self.run_it(self.submit(count, **changes))

    def run_it(self, batch: Batch) -> Batch:
        """One look of the task, and the row after it."""
        batches.run(batch_id=batch.pk)
        return Batch.objects.get(pk=batch.pk)

    def late(self, batch: Batch) -> None:
        """Its deadline passes now."""
        Batch.objects.filter(pk=batch.pk).update(deadline_at=clock.now())

    def there(self) -> dict[str, Any]:
        """The one batch that the server holds."""
        (found,) = remote._batches.values()
        return found

    def changed(self, change: Callable[[list[dict[str, Any]]], None], name: str = "input_file_id") -> None:
        """The lines of a file of the server's batch are others now."""
        file = remote._files[self.there()[name]]
        lines = [json.loads(line) for line in file["content"].splitlines()]
        change(lines)
        file["content"] = "\n".join(json.dumps(line) for line in lines)

    def answered(self, batch: Batch, change: Callable[[list[dict[str, Any]]], None]) -> None:
        """The server is done, and its answers are changed before anybody reads them."""
        remote._refresh(self.there())
        self.changed(change, "output_file_id")

    def stopped(self) -> ExitStack:
        """The server works on its batches no more inside the block."""
        stack = ExitStack()
        stack.enter_context(mock.patch.object(remote, "_refresh"))
        return stack

    def items(self, batch: Batch) -> dict[str, tuple[str, str]]:
        """Cache key -> status and error."""
        rows = BatchItem.objects.filter(batch=batch)
        return {row.cache_key: (row.status, row.error) for row in rows}

    def looks_in(self, batch: Batch) -> timedelta | None:
        """Until the next look at it, None if there will be none."""
        found = Due.objects.filter(kind="llm.batch", object_id=batch.pk).first()
        return found.due_at - clock.now() if found else None

    def owner_runs(self) -> bool:
        """Whether whoever waits for the batch is due now."""
        return Due.objects.get(object_id=self.owner_id).due_at <= clock.now()

    def ledger(self) -> list[LlmCall]:
        return list(LlmCall.objects.order_by("created_at"))


def body(words: str) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": words}], "max_tokens": 50}
