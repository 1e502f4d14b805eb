"""Killing the worker of a stack at an instant that counts, and what the rows say afterwards."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass, field
from uuid import UUID

from tests.model_process import Model
from tests.stack import Stack, wait_until

LEAST_ASKING = 3
SETTLE_SECONDS = 0.1  # for bytes that were on their way when the worker was stopped


@dataclass(frozen=True, slots=True)
class Kill:
    """What the killed worker held: turns it was asking the model about, model calls without an end so far."""

    asking: int
    stale: int  # still marked as asking since an earlier kill
    unsettled: int  # rows of the ledger, of this and all earlier kills


@dataclass(slots=True)
class Killer:
    """Kills the worker while it asks. A turn that an earlier kill left as asking doesn't count: its fence is known."""

    stack: Stack
    model: Model
    schema: str
    kills: list[Kill] = field(default_factory=list)
    _seen: set[tuple[UUID, int]] = field(default_factory=set)
    _before: int = field(init=False)

    def __post_init__(self) -> None:
        self._before = self.model.count()

    def requests(self) -> int:
        """How many have reached the model since this killer was made."""
        return self.model.count() - self._before

    def kill_while_asking(self) -> None:
        """SIGKILL at an instant at which every row of the ledger has its request.

        The worker writes the row first and sends the request milliseconds later. To compare the two counts to the
        last call it is frozen first, and let go on when it was caught between them.
        """
        wait_until(self._kill_now, f"the worker did not ask about {LEAST_ASKING} turns", seconds=90, pause=0.2)

    def _kill_now(self) -> bool:
        if self._held() < LEAST_ASKING:
            return False
        self.stack.signal("worker", signal.SIGSTOP)
        time.sleep(SETTLE_SECONDS)
        held = self._held()
        if held < LEAST_ASKING or ledger_rows(self.stack, self.schema) != self.requests():
            self.stack.signal("worker", signal.SIGCONT)
            return False
        self.stack.kill("worker")
        asking = self._asking()
        self.kills.append(Kill(held, len(asking) - held, unsettled(self.stack, self.schema)))
        self._seen |= asking
        return True

    def _held(self) -> int:
        return len(self._asking() - self._seen)

    def _asking(self) -> set[tuple[UUID, int]]:
        return set(self.stack.rows(f"SELECT id, fence FROM {self.schema}.interviews_turn WHERE status = 'asking'"))


def replied(stack: Stack, schema: str) -> int:
    return int(stack.value(f"SELECT count(*) FROM {schema}.interviews_turn WHERE status = 'replied'"))


def ledger_rows(stack: Stack, schema: str) -> int:
    return int(stack.value("SELECT count(*) FROM llm_call WHERE tenant = %s AND source = 'provider'", schema))


def unsettled(stack: Stack, schema: str) -> int:
    """Rows of calls whose end nobody recorded: their worker was killed."""
    return int(stack.value("SELECT count(*) FROM llm_call WHERE tenant = %s AND settled_at IS NULL", schema))
