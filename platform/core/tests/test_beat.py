"""Beat goes on at its pace whatever the time of day does."""

from unittest import mock

import pytest
import time_machine
from celery import Celery
from celery.schedules import schedule

from core.beat import SteadyScheduler


@pytest.fixture
def beat() -> SteadyScheduler:
    app = Celery(broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {"sweep": {"task": "core.sweep_due", "schedule": schedule(3.0)}}
    return SteadyScheduler(app, max_interval=300)


def sent(beat: SteadyScheduler, at: float) -> int:
    """How many messages a tick sends at this second of the monotonic clock."""
    with (
        mock.patch("core.beat.time.monotonic", return_value=at),
        mock.patch.object(beat, "apply_entry") as apply,
        mock.patch.object(beat, "producer", None),
    ):
        beat.tick()
        return apply.call_count


def test_an_entry_is_sent_at_once_and_then_every_three_seconds(beat: SteadyScheduler) -> None:
    assert [sent(beat, at) for at in (100.0, 101.0, 102.9, 103.0, 104.0, 106.0)] == [1, 0, 0, 1, 0, 1]


def test_a_tick_says_how_long_nothing_is_due(beat: SteadyScheduler) -> None:
    with (
        mock.patch("core.beat.time.monotonic", return_value=100.0),
        mock.patch.object(beat, "apply_entry"),
        mock.patch.object(beat, "producer", None),
    ):
        assert beat.tick() == 3.0


@pytest.mark.parametrize("jump", ["2020-01-01", "2040-01-01"])
def test_a_jump_of_the_time_of_day_moves_nothing(beat: SteadyScheduler, jump: str) -> None:
    assert sent(beat, 100.0) == 1

    with time_machine.travel(jump):
        assert [sent(beat, at) for at in (101.0, 103.0, 104.0)] == [0, 1, 0]
