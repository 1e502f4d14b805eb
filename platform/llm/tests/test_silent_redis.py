"""A Redis that takes what it is sent and never answers holds up one end of a call, not the ledger behind it."""

import socket
import time
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.ids import uuid7
from llm import admission
from llm.admission import Outcome

TIMEOUT = 0.2


@pytest.fixture
def silent() -> Iterator[None]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        client = Redis(host="127.0.0.1", port=port, socket_timeout=TIMEOUT, retry=Retry(NoBackoff(), 0))
        admission._script.cache_clear()
        with patch.object(admission, "client", return_value=client), patch.object(admission, "_silent_until", 0.0):
            yield
        admission._script.cache_clear()


@pytest.mark.usefixtures("silent")
def test_ends_of_calls_wait_once_for_a_redis_that_does_not_answer() -> None:
    began = time.monotonic()

    for _ in range(20):
        admission.settle(uuid7(), Outcome("ok"))

    assert TIMEOUT <= time.monotonic() - began < 10 * TIMEOUT


@pytest.mark.usefixtures("silent")
def test_whoever_wants_in_still_asks_it() -> None:
    admission.settle(uuid7(), Outcome("ok"))
    began = time.monotonic()

    with pytest.raises(admission.NoCount):
        admission.admit([], call_id=uuid7(), seconds=1.0)

    assert time.monotonic() - began >= TIMEOUT
