"""Events out: one thread a process sends them, in one round trip for all streams together.

A stream is a hint, like every message: the turn's row is the truth. Whatever can't be sent is dropped and counted.
"""

import queue
import threading
import time
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import structlog
from redis import RedisError
from redis.client import Pipeline

from core import metrics
from core.redis import client
from live.channels import Channel

KEPT_SECONDS = 600
KEPT_EVENTS = 512  # of one interview
FLUSH_SECONDS = 0.03
MOST_WAITING = 20_000
MOST_AT_ONCE = 500
OVER = b"over"  # marked beside a stream that is closed for good

# The id that the stream gives goes out with the event, so that a listener knows from where to resume.
# A worker that was speaking when the interview was closed for good says nothing more.
SEND = """
if redis.call('GET', KEYS[2]) == 'over' then return end
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'e', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('PUBLISH', KEYS[1], id .. ' ' .. ARGV[1])
"""

Stage = Literal["received", "retrieving_context", "generating_response", "saving_results", "completed"]
log = structlog.get_logger()


MOST_BEGINNINGS = 100  # of one worker


@dataclass(slots=True)
class Publisher:
    """What happens to one turn, told to whoever listens.

    `fence` is that of the worker that speaks, and it may begin again: listeners forget what an earlier attempt said.
    Without a channel (the candidate's key is gone) nobody is told.
    """

    channel: Channel | None
    turn_id: UUID
    fence: int
    _beginnings: int = 0

    def stage(self, stage: Stage) -> None:
        self._send(type="stage", stage=stage)

    def say(self, text: str) -> None:
        """A sentence that passed every check, with the white space that follows it."""
        self._send(type="text", text=text)

    def begin_again(self) -> None:
        """What was said until now is void; other words follow."""
        self._beginnings = min(self._beginnings + 1, MOST_BEGINNINGS - 1)
        self.stage("generating_response")

    def end(self, status: str, **more: Any) -> None:
        """The turn's row says the rest. `status` is replied or failed (or why the interview ended: live.closing)."""
        self._send(type="end", status=status, **more)

    def _send(self, **event: Any) -> None:
        attempt = self.fence * MOST_BEGINNINGS + self._beginnings
        if self.channel is not None:
            _flusher.put(self.channel, {"turn": str(self.turn_id), "attempt": attempt, **event})


def queue_event(pipe: Pipeline, to: Channel, sealed: bytes) -> None:
    """Have the pipeline send one event to the stream and to who listens, unless the stream is closed for good."""
    pipe.eval(SEND, 2, to.name, to.mark, sealed, KEPT_EVENTS, KEPT_SECONDS)


class _Flusher:
    """The thread that sends what is waiting, at once and then not again for FLUSH_SECONDS."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[tuple[Channel, bytes]] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, channel: Channel, event: dict[str, Any]) -> None:
        try:
            self._waiting.put_nowait((channel, channel.seal(event)))
        except queue.Full:
            metrics.live_dropped.labels("backlog").inc()
        self._ensure_thread()

    def _ensure_thread(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="live-flusher", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        pause, free_at = threading.Event(), 0.0
        while True:
            batch = [self._waiting.get()]
            pause.wait(max(0.0, free_at - time.monotonic()))
            while len(batch) < MOST_AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            self._flush(batch)
            free_at = time.monotonic() + FLUSH_SECONDS

    def _flush(self, batch: list[tuple[Channel, bytes]]) -> None:
        try:
            pipe = client().pipeline(transaction=False)
            for to, sealed in batch:
                queue_event(pipe, to, sealed)
            pipe.execute()
            metrics.live_published.inc(len(batch))
        except RedisError:
            log.warning("live_events_dropped", count=len(batch))
            metrics.live_dropped.labels("redis_away").inc(len(batch))


_flusher = _Flusher()
