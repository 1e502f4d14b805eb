"""A server on an event loop of its own, in a thread, while a block of a test runs."""

import asyncio
import threading
from types import TracebackType
from typing import Self


class OwnLoop:
    """`with Server() as server`: the block begins when it serves, and its end ends it. What it does is `_run`."""

    def __init__(self) -> None:
        self._serves = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._begin()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._serves.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _begin(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        await self._run()

    async def _run(self) -> None:
        """Set `_serves` when clients may come, and serve until `_over`."""
        raise NotImplementedError
