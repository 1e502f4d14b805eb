"""When Candor serves: the web process answers its health check, takes connections, and a worker gave a sign of life."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol

import psycopg
import redis

from core.localservices.errors import ServiceError

WORKER_ALIVE = "candor:worker:alive"  # set by every worker, core.workers
PATIENCE = 120.0  # seconds


class Watched(Protocol):
    def ended(self) -> list[str]: ...


def require_services(env: Mapping[str, str]) -> None:
    """:raises ServiceError: if the servers a person gave do not answer, naming which."""
    try:
        psycopg.connect(env["DATABASE_URL"], connect_timeout=5).close()
    except psycopg.Error as error:
        raise ServiceError(f"DATABASE_URL cannot be used: {str(error).strip().splitlines()[0]}.") from error
    try:
        redis.Redis.from_url(env["REDIS_URL"], socket_connect_timeout=5).ping()
    except (redis.RedisError, ValueError) as error:
        raise ServiceError(f"REDIS_URL cannot be used: {error}.") from error


def forget_worker(redis_url: str) -> None:
    """Remove the sign of life of an earlier worker, which stays for a while after its end."""
    redis.Redis.from_url(redis_url).delete(WORKER_ALIVE)


def wait(processes: Watched, env: Mapping[str, str]) -> str | None:
    """Wait until all is ready.

    :returns: None when ready, "" when a process ended meanwhile (it says why itself), else what is still missing.
    """
    store = redis.Redis.from_url(env["REDIS_URL"])
    deadline = time.monotonic() + PATIENCE
    missing = "nothing answered"
    while time.monotonic() < deadline:
        if processes.ended():
            return ""
        missing = _missing(env, store)
        if not missing:
            return None
        time.sleep(0.05)
    return f"not ready after {PATIENCE:.0f} s: {missing}. The output above says more."


def _missing(env: Mapping[str, str], store: redis.Redis) -> str:
    """What is not ready yet; empty when everything is."""
    return _health(env) or _port(env) or ("" if store.exists(WORKER_ALIVE) else "no worker has reported")


def _health(env: Mapping[str, str]) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", int(env["INTERNAL_PORT"]), timeout=5)
    try:
        connection.request("GET", "/health/ready")
        answer = connection.getresponse()
        words = answer.read()
    except (OSError, http.client.HTTPException):
        return "the web process does not answer"
    finally:
        connection.close()
    return "" if answer.status == HTTPStatus.OK else f"the web process says {_short(words)}"


def _port(env: Mapping[str, str]) -> str:
    try:
        socket.create_connection((env["HOST"], int(env["PORT"])), timeout=5).close()
    except OSError:
        return f"port {env['PORT']} does not take connections"
    return ""


def _short(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body))[:300]
    except ValueError:
        return body[:300].decode("utf-8", "replace")
