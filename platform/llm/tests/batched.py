"""How the tests of batches ask, and how they look into somebody else's server (llmock) and change what it holds."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock
from uuid import UUID

from django.test import override_settings
from llmock.routers import batch as remote
from llmock.testing import LLMockServer

from core import clock, due
from core.ids import uuid7
from core.models import Due
from core.testing import TenantTestCase
from llm import batches, batching
from llm.batch_results import Kept
from llm.batches import BatchRequest
from llm.models import Account, Batch, BatchItem, LlmCall, Offer, Price
from llm.policy import TenantPolicy
from llm.targets import Price as Dollars
from llm.targets import Target
from llm.tests.asking import forget

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
            price=Dollars(Decimal(2), Decimal("0.5"), Decimal(10), Decimal("0.5")),
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


class BatcherCase(BatchCase):
    """An account of the registry with batches at half the price, and all wired as in earnest."""

    def setUp(self) -> None:
        super().setUp()
        batches.connect(find_target=batching.find_target, store=batching.store)
        self.account("batcher", "gpt-4o", Decimal(2), Decimal(10), has_batch=True)
        self.enterContext(override_settings(LLM_ENV={"BATCHER_KEY": "sk-any"}))
        forget()
        self.addCleanup(forget)

    def account(self, label: str, model: str, usd_in: Decimal, usd_out: Decimal, **fields: Any) -> Account:
        """An account with one model, strong unless `quality` says otherwise."""
        today = clock.now().date()
        quality = fields.pop("quality", Offer.Quality.STRONG)
        made = {"base_url": self.server.base_url("openai"), "key_source": "env:BATCHER_KEY", "verified_at": today}
        account = Account.objects.create(label=label, provider="openai", **made | fields)
        offer = Offer.objects.create(account=account, model=model, quality=quality, verified_at=today)
        Price.objects.create(
            offer=offer, version="v1", usd_in=usd_in, usd_cached=usd_in, usd_out=usd_out, batch_factor=Decimal("0.5")
        )
        forget()
        return account


def body(words: str) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": words}], "max_tokens": 50}
