"""Many candidates in one process: each answers through the API and listens to its event stream.

    python -m tests.load.candidates < wanted.json > played.json

Wanted in, Played out. A candidate opens its stream, thinks, answers, and waits for the `end` event of that turn,
which names the next one. A stream that closes is opened again with a new ticket after the last event heard.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from tests.load import http
from tests.load.model import word

PATIENCE_SECONDS = 60.0  # for one reply; above the deadline of a turn
RETRIES = 5
TEXT = (
    "In my last role I owned the nightly import of orders. It failed about twice a week because one supplier sent "
    "rows without a date, and nobody noticed until noon. I wrote a check that set such rows aside, told the supplier "
    "what was wrong with each, and measured the result for a month: the import ran every night and the number of "
    "corrections by hand went from forty a week to three. I would start with the measuring if I did it again."
)


@dataclass(frozen=True, slots=True)
class Place:
    """One candidate's interview: where it is and the token of its link."""

    host: str
    interview: str
    token: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to play. Seconds; `think` and `model` are ranges. Nobody begins a turn after `seconds`."""

    port: int
    places: list[Place]
    think: tuple[float, float]
    model: tuple[float, float]
    ramp: float
    seconds: float
    turns: int = 10_000  # of one candidate
    seed: int = 1

    def told(self) -> dict[str, Any]:
        """As the process that plays reads it."""
        return asdict(self)


class Turn(NamedTuple):
    """A turn that ended `at` seconds after the start; what it took from sending the answer to hearing the end, of it
    what the model was told to take, and the wait until a worker said that it begins."""

    host: str
    at: float
    took_ms: float
    model_ms: int
    wait_ms: float


@dataclass(slots=True)
class Played:
    """What came of it.

    `accepted` are the idempotency keys of answers that were acknowledged; `events` are counted by type.
    """

    turns: list[Turn] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    doubled_events: int = 0
    reconnects: int = 0
    late_ms: list[float] = field(default_factory=list)  # how late this process ran: what it measured may be its own
    cpu: float = 0.0

    @classmethod
    def of(cls, told: dict[str, Any]) -> Played:
        """From the JSON of the process that played."""
        turns, errors = [Turn(*turn) for turn in told["turns"]], Counter(told["errors"])
        return cls(**told | {"turns": turns, "errors": errors})


class Failed(Exception):
    """The server did not do its part; the message is the cause."""


class Candidate:
    def __init__(self, place: Place, wanted: Wanted, played: Played, began: float, chance: random.Random) -> None:
        self.place, self.wanted, self.played, self.began, self.chance = place, wanted, played, began, chance
        self.client = http.Client(wanted.port, place.host)
        self.path = f"/api/v1/interviews/{place.interview}"
        self.known = {"Authorization": f"Interview {place.token}", "Content-Type": "application/json"}
        self.last = (0, 0)
        self.begun: dict[str, float] = {}  # turn -> when a worker said that it begins
        self.ends: dict[str, tuple[float, dict[str, Any]]] = {}  # turn -> when its end was heard, and the end
        self.heard = asyncio.Event()
        self.stream: http.Events | None = None
        self.leaving = False

    async def play(self, start: float) -> None:
        """Take turns until the time is over or no question is left."""
        await asyncio.sleep(start)
        turn: str | None = None
        listening = asyncio.create_task(self._listen())
        try:
            for _ in range(self.wanted.turns):
                await asyncio.sleep(self.chance.uniform(*self.wanted.think))
                if time.monotonic() - self.began > self.wanted.seconds:
                    break
                turn = await self._take(turn)
                if turn is None:
                    break
        except Failed as failed:
            self.played.errors[str(failed)] += 1
        finally:
            self.leaving = True
            listening.cancel()
            if self.stream is not None:
                self.stream.transport.close()
            self.client.close()

    async def _take(self, turn: str | None) -> str | None:
        """Answer one question and wait for what comes next."""
        model = round(self.chance.uniform(*self.wanted.model) * 1000)
        key, sent = str(uuid4()), time.monotonic()
        body = {"answer": f"{word(model)} {TEXT} {key.replace('-', ' ')}"} | ({"turn_id": turn} if turn else {})
        answered = await self._post(json.dumps(body).encode(), key)
        self.played.accepted.append(key)
        at, end = await self._end_of(answered["id"])
        begun = self.begun.pop(answered["id"], at)
        took, wait = (at - sent) * 1000, (begun - sent) * 1000
        self.played.turns.append(Turn(self.place.host, at - self.began, took, model, wait))
        if end["status"] != "replied":
            raise Failed(f"turn {end['status']}")
        following: str | None = end["next_turn"]
        return following

    async def _post(self, body: bytes, key: str) -> dict[str, Any]:
        """Send until it is acknowledged; the key makes that safe."""
        status: object = ""
        for attempt in range(RETRIES):
            try:
                status, answer = await self.client.ask(
                    "POST", f"{self.path}/turns", {**self.known, "Idempotency-Key": key}, body
                )
                if status == 202:
                    return dict(answer)
                status = _named(status, answer)
            except http.RECONNECT as error:
                status = type(error).__name__
            self.played.errors[f"post {status}"] += 1
            await asyncio.sleep(0.5 * 2**attempt)
        raise Failed("answer not taken")

    async def _end_of(self, turn: str) -> tuple[float, dict[str, Any]]:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while turn not in self.ends:
                    self.heard.clear()
                    await self.heard.wait()
        except TimeoutError:
            raise Failed("no end of the turn") from None
        return self.ends.pop(turn)

    async def _listen(self) -> None:
        """Keep the stream open."""
        client = http.Client(self.wanted.port, self.place.host)
        while not self.leaving:
            try:
                status = await self._stream_once(client)
            except http.RECONNECT as error:
                status = type(error).__name__
            if status == 200:
                self.played.reconnects += 1
            else:
                self.played.errors[f"stream {status}"] += 1
            await asyncio.sleep(0.5)

    async def _stream_once(self, client: http.Client) -> int | str:
        """Listen with a new ticket until the stream closes.

        :returns: the status of what opened it, or did not.
        """
        status, answer = await client.ask("GET", f"{self.path}/ticket", self.known)
        client.close()
        if status != 200:
            return _named(status, answer)
        over = asyncio.Event()
        self.stream = await http.listen(
            self.wanted.port, self.place.host, answer["ticket"], self.last, self._hear, lambda _: over.set()
        )
        await over.wait()
        return self.stream.status

    def _hear(self, number: tuple[int, int], data: bytes) -> None:
        if number <= self.last:
            self.played.doubled_events += 1
            return
        self.last = number
        if b'"type":"end"' not in data:
            self.played.events["text" if b'"type":"text"' in data else "stage"] += 1
            if b'"stage":"retrieving_context"' in data:
                self.begun.setdefault(json.loads(data)["turn"], time.monotonic())
            return
        self.played.events["end"] += 1
        end = json.loads(data)
        if end["turn"] in self.ends:
            self.played.doubled_events += 1
        self.ends[end["turn"]] = time.monotonic(), end
        self.heard.set()


def _named(status: int, answer: Any) -> str:
    """A refusal by its status and its code, of problem+json."""
    code = answer.get("code", "") if isinstance(answer, dict) else ""
    return f"{status} {code}".strip()


async def play(wanted: Wanted) -> Played:
    """All candidates begin within `ramp` seconds, evenly, and think before their first answer too."""
    played, began, chance = Played(), time.monotonic(), random.Random(wanted.seed)
    watching = asyncio.create_task(_watch(played))
    every = wanted.ramp / max(len(wanted.places), 1)
    async with asyncio.TaskGroup() as group:
        for number, place in enumerate(wanted.places):
            candidate = Candidate(place, wanted, played, began, random.Random(chance.random()))
            group.create_task(candidate.play(number * every))
    watching.cancel()
    used = resource.getrusage(resource.RUSAGE_SELF)
    played.cpu = used.ru_utime + used.ru_stime
    return played


async def _watch(played: Played) -> None:
    while True:
        before = time.monotonic()
        await asyncio.sleep(0.1)
        played.late_ms.append((time.monotonic() - before - 0.1) * 1000)


def main() -> None:
    told = json.loads(sys.stdin.readline())
    wanted = Wanted(**told | {"places": [Place(**place) for place in told["places"]]})
    played = asyncio.run(play(wanted))
    json.dump({name: getattr(played, name) for name in Played.__slots__}, sys.stdout)


if __name__ == "__main__":
    main()
