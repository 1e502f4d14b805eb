"""A running worker says that it lives."""

import os
import threading
import time

import structlog

from core.redis import client, platform_key

ALIVE_SECONDS = 30
log = structlog.get_logger()


def announce() -> None:
    """Set the worker's heartbeat now and every ten seconds from a thread of its own."""
    threading.Thread(target=_beat, name="worker-heartbeat", daemon=True).start()


def _beat() -> None:
    while True:
        try:
            client().set(platform_key("worker", "alive"), os.getpid(), ex=ALIVE_SECONDS)
        except Exception:
            log.warning("worker_heartbeat_failed")
        time.sleep(ALIVE_SECONDS / 3)
