"""One look at a batch: what the provider is asked, and what follows from its answer."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from core import clock, pool
from llm import batch_results, batch_states
from llm.batch_results import Kept, Store
from llm.failures import WireError
from llm.models import Batch
from llm.targets import Target

# The provider did not take the batch, so its file is of no use.
REFUSED = frozenset({"rejected", "unauthorised", "not_found", "rate_limited"})


@cache
def _wire() -> Any:
    """llm.wire_batches, loaded on first use as llm.wire is."""
    return import_module("llm.wire_batches")


@dataclass(slots=True)
class Look:
    """At a claimed batch; `deadline` is in time.monotonic() seconds. No connection is held while the wire is used."""

    batch: Batch
    target: Target
    store: Store
    deadline: float

    def step(self) -> None:
        """Take the batch one step on.

        :raises WireError: the provider could not be asked.
        :raises core.claims.LeaseLost: another worker, or a purge, took over.
        """
        steps = {Batch.Status.OWED: self._submit, Batch.Status.SUBMITTED: self._poll}
        steps.get(Batch.Status(self.batch.status), self._collect)()

    def _submit(self) -> None:
        if batch_states.is_late(self.batch):
            batch_states.give_back(self.batch, "too_late")
            return
        remote = self._lost() or self._begin()
        batch_states.submitted(self.batch, remote.id)

    def _lost(self) -> Any:
        """The remote batch that was started by somebody who did not live to tell, or None."""
        if self.batch.sent_at is None:
            return None
        return _wire().find(self.target, ours=str(self.batch.pk), deadline=self.deadline)

    def _begin(self) -> Any:
        wire, lines = _wire(), batch_states.lines(self.batch, _wire().ENDPOINT)
        pool.give_back()
        file_id = wire.upload(self.target, lines, deadline=self.deadline)
        batch_states.write(self.batch, sent_at=clock.now())
        pool.give_back()
        try:
            return wire.create(self.target, file_id=file_id, ours=str(self.batch.pk), deadline=self.deadline)
        except WireError as error:
            if error.kind in REFUSED:
                self._delete([file_id])
            raise

    def _poll(self) -> None:
        wire, late = _wire(), batch_states.is_late(self.batch)
        remote = wire.retrieve(self.target, self.batch.remote_id, deadline=self.deadline)
        if late and not remote.is_over:
            remote = wire.cancel(self.target, remote.id, deadline=self.deadline)
        if not remote.is_over:
            batch_states.give_back(self.batch, "too_late") if late else batch_states.put_off(self.batch)
            return
        self._take(remote)
        if remote.status == wire.COMPLETED:
            batch_states.end(self.batch, Batch.Status.DONE)
        else:
            batch_states.end(self.batch, Batch.Status.FAILED, "too_late" if late else remote.status)
        self._delete(remote.files)

    def _collect(self) -> None:
        """Of a batch that was given back: what was answered before its end is billed, so the ledger must hold it."""
        wire, remote_id = _wire(), self.batch.remote_id
        remote = wire.retrieve(self.target, remote_id, deadline=self.deadline) if remote_id else self._lost()
        if remote is not None and not remote.is_over:
            with suppress(WireError):
                wire.cancel(self.target, remote.id, deadline=self.deadline)
            batch_states.put_off(self.batch)
            return
        if remote is not None:
            self._take(remote)
        batch_states.end(self.batch, Batch.Status.FAILED, self.batch.error)
        self._delete(remote.files if remote is not None else [])

    def _take(self, remote: Any) -> None:
        """Read what the batch left behind, and keep the answers; of somebody who was purged, only what they cost."""
        store = _keep_nothing if self.batch.error == "purged" else self.store
        for file_id in (remote.output_file, remote.error_file):
            if file_id:
                lines = _wire().content(self.target, file_id, deadline=self.deadline)
                batch_results.take(self.batch, self.target, lines, store)
                pool.give_back()

    def _delete(self, files: list[str]) -> None:
        """The provider need not keep what was asked and said."""
        pool.give_back()
        for file_id in files:
            with suppress(WireError):
                _wire().delete(self.target, file_id, deadline=self.deadline)


def _keep_nothing(kept: Kept) -> None:
    """In the place of a Store."""
