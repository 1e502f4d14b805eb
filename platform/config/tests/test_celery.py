"""The broker: found again soon."""

from unittest import mock

import pytest
from kombu.exceptions import OperationalError

from config.celery import app


def test_a_broker_that_is_away_is_tried_for_every_second() -> None:
    tried: list[float] = []
    connection = app.connection_for_write("redis://127.0.0.1:1/0")

    with mock.patch("kombu.utils.functional.sleep"), pytest.raises(OperationalError):
        connection.ensure_connection(lambda error, pause: tried.append(pause), 4)

    assert tried == [1, 1, 1, 1]
