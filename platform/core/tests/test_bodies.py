"""An address that takes a file takes a larger body than others, a few at once, and no other address does."""

import asyncio
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.test import SimpleTestCase

from core import bodies, threads

LARGE = settings.MAX_BODY_BYTES * 4


class BodiesTests(SimpleTestCase):
    def setUp(self) -> None:
        self.enterContext(patch.dict(bodies._larger, clear=True))
        bodies.allow_file("/files/[0-9]+/", LARGE)

    def test_only_an_address_that_matches_as_a_whole_takes_more(self) -> None:
        self.assertEqual(bodies.most("/files/12/"), LARGE + bodies.FRAME)
        for path in ("/", "/files/", "/files/12", "/files/12/x", "/x/files/12/", "/files/x/", "/files/12/\n"):
            self.assertEqual(bodies.most(path), settings.MAX_BODY_BYTES, path)

    def test_no_more_than_so_many_are_kept_in_memory_and_the_rest_is_told_to_come_back(self) -> None:
        statuses = asyncio.run(self.answers(["10.0.0.1"] * 6 + [f"10.0.1.{n}" for n in range(6)]))

        self.assertEqual(statuses.count(503), 4)  # two of the one address, and what is beyond eight in all
        self.assertEqual(statuses[:6].count(503), 2)

    def test_small_ones_to_the_same_address_are_as_many_as_anywhere(self) -> None:
        statuses = asyncio.run(self.answers(["10.0.0.1"] * 40, length=100))

        self.assertEqual(set(statuses), {200})

    async def answers(self, addresses: list[str], length: int = LARGE) -> list[int]:
        """The status of each of these requests, all begun before any is answered."""
        begun, go = 0, asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            nonlocal begun
            begun += 1
            await go.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})

        server = threads.WholeBody(app, seconds=5, most=500)

        async def ask(address: str) -> int:
            sent: list[Any] = []

            async def receive() -> Any:
                return {"type": "http.request", "body": b"x"}

            async def send(message: Any) -> None:
                sent.append(message)

            headers = [(b"content-length", str(length).encode())]
            scope = {"type": "http", "path": "/files/1/", "headers": headers, "client": (address, 1)}
            await server(scope, receive, send)
            return int(sent[0]["status"])

        asked = [asyncio.create_task(ask(address)) for address in addresses]
        await asyncio.sleep(0.05)
        go.set()
        found = await asyncio.gather(*asked)
        self.assertEqual((begun, server.large), (found.count(200), {}))
        return list(found)
