"""Equal calls that are under way at the same time share one answer, over all processes.

Who boards first leads and asks the provider; the others wait. Of each process one thread looks in Redis for all that
wait there. Whoever came while the answer was on its way gets it; who comes later leads a flight of their own, so that
this is no cache. A leader that fails, or is killed, makes room for the next. Without Redis each process has one leader.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import structlog
from redis import RedisError

from core import pool
from core.redis import client
from keys.ring import KeyDestroyed
from llm import cache, metrics
from llm.cache import Stored

LEASE_SECONDS = 5.0  # a killed leader holds its seat no longer
LANDED_SECONDS = 15
POLL_SECONDS = 0.02
RENEW_SECONDS = 1.0  # or a third of the shortest lease

# The first 32 characters of what landed name its leader: another name than at boarding means that it is new.
BOARD = """
local last = redis.call('GETRANGE', KEYS[2], 0, 31)
if ARGV[2] ~= 'boarding' and last ~= '' and last ~= ARGV[2] then return {2, redis.call('GET', KEYS[2])} end
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[3]) then return {1, last} end
return {0, last}
"""
LEAVE = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end"
LAND = "redis.call('SET', KEYS[2], ARGV[1] .. ARGV[2], 'EX', ARGV[3])\n" + LEAVE
RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end"
LED, LANDED = 1, 2
NAME = 32

log = structlog.get_logger()
_lock = threading.Lock()  # held for a moment only, never over Redis


class NotLeading(RuntimeError):
    """Only who leads can land."""


class _Flight:
    """Those of this process who wait for the same answer. One of them, the pilot, leads or looks in Redis."""

    def __init__(self) -> None:
        self.changed = threading.Condition(_lock)
        self.aboard = 0
        self.pilot: Seat | None = None
        self.landed: Stored | None = None
        self.last = "boarding"  # the leader whose answer was there when the first of them came


_flights: dict[tuple[str, UUID | None], _Flight] = {}


class Seat:
    """A place in a flight. `leads` says that its holder has to make the call."""

    def __init__(self, key: str, deadline: float, lease_seconds: float, subject_id: UUID | None) -> None:
        self.leads = False
        self.deadline, self.lease_ms = deadline, round(lease_seconds * 1000)
        self.name = uuid4().hex
        self.keys = (f"{key}#seat", f"{key}#landed")
        self._key, self._subject_id = key, subject_id
        self._held = False
        self._flight = self._join()

    def board(self) -> None:
        """Lead, or learn that another process does, or that a thread of this one cares for it."""
        if self._flight.pilot is self:
            self._look()

    def wait(self) -> Stored | None:
        """The answer of who leads. None: they failed and you lead now, or (if `leads` is still False) time is over.

        :raises core.pool.HeldDuringCall: inside a transaction.
        """
        pool.give_back()
        while not self.leads and (left := self.deadline - time.monotonic()) > 0:
            if self._flight.pilot is self:
                stored = self._look()
                if stored is not None:
                    self._tell(stored)
                elif not self.leads:
                    time.sleep(min(POLL_SECONDS, left))
            else:
                self._sit(left)
            if self._flight.landed is not None:
                self._count("shared")
                return self._flight.landed
        return None

    def land(self, stored: Stored) -> None:
        """Give the answer to all who wait for it.

        :raises NotLeading: nobody asked this seat to call.
        """
        if not self.leads:
            raise NotLeading(self._key)
        try:
            sealed = cache.seal(self.keys[1], stored, self._subject_id)
            client().eval(LAND, 2, *self.keys, self.name, sealed, LANDED_SECONDS)
            self._held = False
        except (cache.TooLarge, KeyDestroyed, RedisError) as error:
            log.warning("llm_flight_lands_here_alone", why=type(error).__name__)
        self._tell(stored)

    def _join(self) -> _Flight:
        with _lock:
            flight = _flights.setdefault((self._key, self._subject_id), _Flight())
            flight.aboard += 1
            flight.pilot = flight.pilot or self
        return flight

    def _sit(self, seconds: float) -> None:
        """Wait until it landed, or take the pilot's place if it is free."""
        with _lock:
            if self._flight.landed is None and self._flight.pilot is not None:
                self._flight.changed.wait(seconds)
            if self._flight.landed is None and self._flight.pilot is None:
                self._flight.pilot = self

    def _look(self) -> Stored | None:
        """What has landed since the flight began; else take the lead if nobody has it."""
        flight = self._flight
        try:
            state, found = client().eval(BOARD, 2, *self.keys, self.name, flight.last, self.lease_ms)
        except RedisError:
            self._lead("away")
            return None
        if state == LANDED:
            stored = cache.unseal(self.keys[1], found[NAME:], self._subject_id)
            if stored is None:
                self._lead("led")
            return stored
        if flight.last == "boarding":
            flight.last = found.decode()
        if state == LED:
            self._held = True
            _keeper.watch(self)
            self._lead("led")
        return None

    def _lead(self, outcome: str) -> None:
        self.leads = True
        self._count(outcome)

    def _tell(self, stored: Stored) -> None:
        flight, name = self._flight, (self._key, self._subject_id)
        with _lock:
            flight.landed = stored
            if _flights.get(name) is flight:
                del _flights[name]  # who comes from now on is too late for this one
            flight.changed.notify_all()

    def leave(self) -> None:
        """Make room: without an answer, the next one leads at once."""
        _keeper.forget(self)
        if self._held:
            try:
                client().eval(LEAVE, 1, self.keys[0], self.name)
            except RedisError:
                log.warning("llm_flight_seat_left_to_its_lease")
        flight, name = self._flight, (self._key, self._subject_id)
        with _lock:
            flight.aboard -= 1
            if flight.pilot is self:
                flight.pilot = None
                flight.changed.notify_all()
            if not flight.aboard and _flights.get(name) is flight:
                del _flights[name]

    def _count(self, outcome: str) -> None:
        metrics.flights.labels(cache.feature_of(self._key), outcome).inc()


class _Keeper:
    """The thread that renews the seats which leaders of this process hold, none beyond its deadline."""

    def __init__(self) -> None:
        self._seats: set[Seat] = set()
        self._wanted = threading.Event()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, seat: Seat) -> None:
        with _lock:
            self._seats.add(seat)
            self._wanted.set()
            if seat.lease_ms < 3000 * RENEW_SECONDS:
                self._hurry.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="flight-keeper", daemon=True)
                self._thread.start()

    def forget(self, seat: Seat) -> None:
        with _lock:
            self._seats.discard(seat)

    def _run(self) -> None:
        while self._wanted.wait():
            self._hurry.wait(self._pause())
            self._hurry.clear()
            try:
                self._renew()
            except RedisError:
                log.warning("llm_flight_not_renewed")

    def _pause(self) -> float:
        with _lock:
            return min([RENEW_SECONDS, *(seat.lease_ms / 3000 for seat in self._seats)])

    def _renew(self) -> None:
        with _lock:
            held = [seat for seat in self._seats if seat.deadline > time.monotonic()]
            if not held:
                self._wanted.clear()
                return
        pipe = client().pipeline(transaction=False)
        for seat in held:
            pipe.eval(RENEW, 1, seat.keys[0], seat.name, seat.lease_ms)
        pipe.execute()


_keeper = _Keeper()


@contextmanager
def board(
    key: str, *, deadline: float, lease_seconds: float = LEASE_SECONDS, subject_id: UUID | None = None
) -> Iterator[Seat]:
    """A seat in the flight of `key` (one of llm.cache); `deadline` is in time.monotonic() seconds.

    Who leads calls the provider and lands the answer, or leaves by an exception; who doesn't waits.
    Who leads looks into the cache once more before the call: an equal one may have landed just before.

    :raises llm.cache.AnotherTenant: the key is of another tenant.
    """
    cache.require_own(key)
    seat = Seat(key, deadline, lease_seconds, subject_id)
    try:
        seat.board()
        yield seat
    finally:
        seat.leave()
