"""The Celery application: queues, and signals of the worker's life."""

import os
from typing import Any

from celery import Celery, signals
from celery.app.amqp import AMQP
from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.transport import redis

from core import queues

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Channel(redis.Channel):
    """A channel that makes one client for its pool: kombu makes one for each command, which costs more than that."""

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[no-untyped-call]
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = super()._create_client()  # type: ignore[no-untyped-call]
        return self._kept


class Transport(redis.Transport):
    Channel = Channel


class EagerConnection(Connection):
    """A connection to the broker, tried for every second: Celery's own pauses grow to half a minute."""

    def get_transport_cls(self) -> type[Transport]:
        return Transport

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        pauses = {"interval_start": 1, "interval_step": 0, "interval_max": 1}
        return super().ensure_connection(*args, **pauses | options)  # type: ignore[no-untyped-call]


class Broker(AMQP):
    Connection = EagerConnection


app = Celery("candor", amqp=Broker)
app.config_from_object("django.conf:settings", namespace="CELERY")

# The nameless exchange routes by queue name with no binding stored in Redis, so nothing of the
# routing can get lost with a flush (ADR 2).
DIRECT = Exchange("", type="direct")  # type: ignore[no-untyped-call]
app.conf.task_queues = [Queue(name, DIRECT, routing_key=name) for name in queues.NAMES]  # type: ignore[no-untyped-call]
app.conf.task_default_exchange = ""
app.conf.task_default_routing_key = "default"


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _keep_our_logging(**_: Any) -> None:
    """Connected so that Celery leaves the logging of config.logging alone."""


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
def _worker_ready(**_: Any) -> None:
    from core import garbage, workers
    from llm import gateway

    gateway.warm()
    garbage.settle()
    workers.announce()


@signals.worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _worker_shutting_down(**_: Any) -> None:
    from core import workers

    workers.drain()
