"""The web process: Django as WSGI on a fixed pool of threads, inside one ASGI server."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.wsgi import get_wsgi_application

from core import internal, threads
from core.threads import Message, Receive, Send

pages = threads.serve(get_wsgi_application(), threads=8)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    """Serve pages; start and stop the internal port with the process."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
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
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            if server is not None:
                server.shutdown()
            await send({"type": "lifespan.shutdown.complete"})
            return
