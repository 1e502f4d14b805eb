"""The web process: the event route, and Django as WSGI on a fixed pool of threads, inside one ASGI server."""

import asyncio
import os
import signal
from types import FrameType

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.wsgi import get_wsgi_application

django = get_wsgi_application()

from core import garbage, internal, threads  # these may load models, so they come after Django's set-up
from core.threads import Message, Receive, Send
from live import route
from live.hub import Hub

pages = threads.serve(django, threads=8)
hub = Hub()


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Serve events and pages; start and stop the internal port and the subscription with the process."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http" and scope["path"] == route.PATH:
        await route.serve(hub, scope, receive, send)
    elif scope["type"] == "http":
        await pages(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000})


async def _lifespan(receive: Receive, send: Send) -> None:
    server: internal.Server | None = None
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                server = internal.start()
            except OSError as error:
                await send({"type": "lifespan.startup.failed", "message": internal.explain(error)})
                return
            hub.start()
            garbage.settle()
            _end_streams_on(signal.SIGTERM, signal.SIGINT)
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await hub.stop()
            if server is not None:
                server.shutdown()
            await send({"type": "lifespan.shutdown.complete"})
            return


def _end_streams_on(*numbers: signal.Signals) -> None:
    """The server waits for open connections before it says that it stops: streams must know earlier."""
    loop = asyncio.get_running_loop()
    for number in numbers:
        before = signal.getsignal(number)

        def handle(given: int, frame: FrameType | None, before: object = before) -> None:
            loop.call_soon_threadsafe(hub.end_all)
            if callable(before):
                before(given, frame)

        signal.signal(number, handle)
