"""A running worker says that it lives and that it sweeps; one that is asked to end leaves nothing held."""

import os
import socket
import threading
import time

import structlog
from django.db import connections

from core import claims, due, tenancy
from core.redis import client, platform_key

ALIVE_SECONDS = 30
SWEPT_SECONDS = 60
DRAIN_SECONDS = 43.0  # above the 40 s deadline of a turn, so that only what hangs is cut off
LAST_WORDS_SECONDS = 3.0  # to give leases back when the database may be away

log = structlog.get_logger()
_draining = threading.Event()


def announce() -> None:
    """Set the worker's heartbeat now and every ten seconds from a thread of its own."""
    threading.Thread(target=_beat, name="worker-heartbeat", daemon=True).start()


def _beat() -> None:
    while True:
        try:
            _sign()
        except Exception:
            log.warning("worker_heartbeat_failed")
        time.sleep(ALIVE_SECONDS / 3)


def _sign() -> None:
    """One sign that any worker lives, and one of this worker's own; those of workers that ended fade."""
    now, beats = time.time(), platform_key("worker", "beats")
    pipeline = client().pipeline(transaction=False)
    pipeline.set(platform_key("worker", "alive"), os.getpid(), ex=ALIVE_SECONDS)
    pipeline.zadd(beats, {f"{socket.gethostname()}:{os.getpid()}": now})
    pipeline.zremrangebyscore(beats, 0, now - ALIVE_SECONDS)
    pipeline.expire(beats, ALIVE_SECONDS)
    pipeline.execute()


def swept() -> None:
    """Leave a sign that beat sends sweeps and a worker does them; its remaining life tells its age."""
    try:
        client().set(platform_key("sweep", "done"), os.getpid(), ex=SWEPT_SECONDS)
    except Exception:
        log.warning("sweep_sign_failed")


def drain() -> None:
    """End when the running tasks have: at most DRAIN_SECONDS from now, or at once when asked a second time.

    Celery takes no new task after SIGTERM and waits for the running ones without a limit. Called from a signal
    handler, which must neither wait nor use a connection: threads do the rest.
    """
    seconds = 0.0 if _draining.is_set() else DRAIN_SECONDS
    _draining.set()
    last = threading.Timer(seconds, give_up)
    last.daemon = True
    last.start()


def give_up() -> None:
    """End this process now; what it held is claimed by the next worker at once."""
    limit = threading.Timer(LAST_WORDS_SECONDS, os._exit, [0])
    limit.daemon = True
    limit.start()
    try:
        with tenancy.enter_platform():
            held = claims.release()
            due.hasten(held)
        log.warning("worker_gave_back", rows=len(held))
    except Exception:
        log.warning("worker_could_not_give_back", exc_info=True)
    finally:
        connections.close_all()
        os._exit(0)
