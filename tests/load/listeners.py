"""Many event streams in one process: every event counted, timed, and some connections cut on the way.

    python -m tests.load.within_django listeners < wanted.json

Prints `ready` when all connections are open. Then each line of input is an order, answered by a line of JSON:
`cut <number> <seconds>` cuts so many random connections over this time and resumes them, `count` tells what came.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
import time
from typing import Any

from live import tickets
from tests.load import http
from tests.load.events import MARK, channel
from tests.load.lines import percentile

OPENING = 50  # at once
TRIES, AGAIN_SECONDS = 20, 0.5
HOST = "candor.localhost"
LONGEST_AWAY_SECONDS = 0.3
GRACE_SECONDS = 2.0  # for what is on its way when the counting begins


class Stream:
    """One interview's stream, opened again after each cut. `seen` are the numbers of its events, as they came."""

    def __init__(self, number: int, port: int) -> None:
        self.channel, self.port = channel(number), port
        self.seen: list[int] = []
        self.late: list[float] = []
        self.last = (0, 0)
        self.repeated = self.unasked = self.refused = 0
        self.away = False
        self.events: http.Events | None = None

    async def open(self) -> None:
        """As a browser does: refused for the moment, try again."""
        for _ in range(TRIES):
            self.events = await http.listen(
                self.port, HOST, tickets.issue(self.channel), self.last, self.hear, lambda _: self._closed()
            )
            if self.events.status == 200:
                return
            self.refused += 1
            await asyncio.sleep(AGAIN_SECONDS)
        raise ConnectionError(f"status {self.events.status if self.events else 0}")

    def hear(self, number: tuple[int, int], data: bytes) -> None:
        if number <= self.last:
            self.repeated += 1
        self.last = number
        told, _, at = data[data.index(MARK) + len(MARK) :].partition(b" ")
        self.seen.append(int(told))
        self.late.append((time.monotonic_ns() - int(at[: at.index(b" ")])) / 1e6)

    async def cut(self, seconds: float) -> None:
        """Lose the line, and come back after a while from the last event heard."""
        self.away = True
        assert self.events is not None
        self.events.transport.abort()
        await asyncio.sleep(seconds)
        await self.open()
        self.away = False

    def _closed(self) -> None:
        opened = self.events is not None and self.events.status == 200
        self.unasked += opened and not self.away


class Listeners:
    def __init__(self, port: int, connections: int) -> None:
        self.streams = [Stream(number, port) for number in range(connections)]
        self.resumed = 0

    async def open(self) -> None:
        slots = asyncio.Semaphore(OPENING)

        async def one(stream: Stream) -> None:
            async with slots:
                await stream.open()

        async with asyncio.TaskGroup() as group:
            for stream in self.streams:
                group.create_task(one(stream))

    async def cut(self, number: int, seconds: float) -> dict[str, Any]:
        chance = random.Random(1)
        async with asyncio.TaskGroup() as group:
            for _ in range(number):
                stream = chance.choice(self.streams)
                while stream.away:
                    stream = chance.choice(self.streams)
                group.create_task(stream.cut(chance.uniform(0, LONGEST_AWAY_SECONDS)))
                await asyncio.sleep(seconds / number)
        self.resumed += number
        return {"resumed": self.resumed}

    async def count(self) -> dict[str, Any]:
        """What came since the last count: lateness in milliseconds; and of all so far, what each stream has."""
        await asyncio.sleep(GRACE_SECONDS)
        late = [one for stream in self.streams for one in stream.late]
        for stream in self.streams:
            stream.late.clear()
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "events": len(late),
            "p50": percentile(late, 50),
            "p99": percentile(late, 99),
            "seen": [stream.seen for stream in self.streams],
            "repeated": sum(stream.repeated for stream in self.streams),
            "unasked": sum(stream.unasked for stream in self.streams),
            "refused": sum(stream.refused for stream in self.streams),
            "cpu": used.ru_utime + used.ru_stime,
        }


async def main() -> None:
    loop, wanted = asyncio.get_running_loop(), json.loads(sys.stdin.readline())
    listeners = Listeners(wanted["port"], wanted["connections"])
    await listeners.open()
    print("ready", flush=True)
    while order := (await loop.run_in_executor(None, sys.stdin.readline)).split():
        answer = await (listeners.count() if order[0] == "count" else listeners.cut(int(order[1]), float(order[2])))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
