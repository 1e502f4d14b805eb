"""A line between two programs that can be made bad while it is used: slow, late, in crumbs, cut, reset, frozen."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

from tests.own_loop import OwnLoop

READ = 64 * 1024
TICK = 0.05  # seconds between the portions of a slow line
RST = b"\x01\x00\x00\x00\x00\x00\x00\x00"  # SO_LINGER: on, no time


@dataclass(frozen=True, slots=True)
class Weather:
    """What happens to every piece of data, both ways. Seconds and bytes; 0 is no such trouble.

    `cut_after` closes a connection when that many bytes came from the server since the weather began.
    """

    latency: float = 0.0
    jitter: float = 0.0
    slice_bytes: int = 0
    slice_pause: float = 0.0
    bytes_a_second: int = 0
    cut_after: int = 0
    refuse: bool = False


class _Link:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, near: asyncio.StreamWriter, far: asyncio.StreamWriter) -> None:
        self.proxy, self.near, self.far = proxy, near, far
        self.weather, self.from_server = proxy.weather, 0

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry data one way until that side says it is done."""
        while data := await reader.read(READ):
            await self.proxy.flows.wait()
            self._count(len(data) if writer is self.near else 0)
            await self._carry(data, writer)
        await self.proxy.flows.wait()
        writer.write_eof()

    def _count(self, size: int) -> None:
        if self.weather is not self.proxy.weather:
            self.weather, self.from_server = self.proxy.weather, 0
        self.from_server += size
        if 0 < self.weather.cut_after <= self.from_server:
            raise ConnectionAbortedError

    async def _carry(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        weather = self.proxy.weather
        await asyncio.sleep(weather.latency + random.uniform(0, weather.jitter))
        size, pause = weather.slice_bytes or len(data), weather.slice_pause
        if weather.bytes_a_second:
            size, pause = max(int(weather.bytes_a_second * TICK), 1), TICK
        for at in range(0, len(data), size):
            writer.write(data[at : at + size])
            await writer.drain()
            await self.proxy.flows.wait()
            if pause and at + size < len(data):
                await asyncio.sleep(pause)

    def close(self, *, with_reset: bool = False) -> None:
        """End both sides at once; what is on its way is lost."""
        for writer in (self.near, self.far):
            if with_reset:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                writer.transport.abort()
            else:
                writer.close()


class Proxy(OwnLoop):
    """Listens on `port` and connects each client to `target`, in a thread of its own: `with Proxy(5432) as line`."""

    def __init__(self, target: int) -> None:
        super().__init__()
        self.target = target
        self.weather = Weather()
        self.accepted = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._socket.getsockname()[1]
        self._links: dict[asyncio.Task[Any] | None, _Link | None] = {}

    def set(self, **weather: Any) -> None:
        """From now on this weather, also for what is connected already; without arguments the line is good."""
        made = Weather(**weather)
        self._do(self._change(made))

    def freeze(self) -> None:
        """Nothing passes and nobody is told; what is sent meanwhile waits."""
        self._do(self._flow(flows=False))

    def thaw(self) -> None:
        """Everything passes again, first of all what waited."""
        self._do(self._flow(flows=True))

    def cut(self) -> None:
        """Close every connection; what was on its way is lost."""
        self._do(self._close(with_reset=False))

    def reset(self) -> None:
        """The same, by RST."""
        self._do(self._close(with_reset=True))

    def refuse(self) -> None:
        """Close every connection, and each new one at once."""
        self._do(self._change(replace(self.weather, refuse=True)))
        self.reset()

    def heal(self) -> None:
        """A good line; what waited on a frozen one is lost with its connection."""
        if not self.flows.is_set():
            self.reset()
        self.set()
        self.thaw()

    def open(self) -> int:
        """How many connections there are now."""
        return len(self._links)

    def _do(self, act: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(act, self._loop).result(timeout=10)

    async def _change(self, weather: Weather) -> None:
        self.weather = weather

    async def _flow(self, *, flows: bool) -> None:
        if flows:
            self.flows.set()
        else:
            self.flows.clear()

    async def _close(self, *, with_reset: bool) -> None:
        for task, link in list(self._links.items()):
            if link is not None:
                link.close(with_reset=with_reset)
            if task is not None:
                task.cancel()
        await asyncio.sleep(0)

    async def _run(self) -> None:
        self.flows = asyncio.Event()
        self.flows.set()
        server = await asyncio.start_server(self._connected, sock=self._socket)
        self._serves.set()
        await self._over.wait()
        server.close()
        await self._close(with_reset=False)

    async def _connected(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        self._links[task] = None
        try:
            await self.flows.wait()
            if not self.weather.refuse:
                await self._join(task, reader, near)
        except (OSError, asyncio.CancelledError):
            pass  # one side is gone, or the weather ended the connection
        finally:
            self._links.pop(task, None)
            near.close()

    async def _join(
        self, task: asyncio.Task[Any] | None, reader: asyncio.StreamReader, near: asyncio.StreamWriter
    ) -> None:
        far_reader, far = await asyncio.open_connection("127.0.0.1", self.target)
        link = self._links[task] = _Link(self, near, far)
        pumps = [asyncio.ensure_future(link.pump(*ends)) for ends in ((reader, far), (far_reader, near))]
        try:
            await asyncio.gather(*pumps)
        finally:
            for pump in pumps:
                pump.cancel()
            far.close()
