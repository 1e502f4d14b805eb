"""Logs say which error came from where, and never with the words of its message."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog
from celery import shared_task

WORDS = "she told me about her illness"


@shared_task(name="tests.fails")
def fails() -> None:
    break_down()


def break_down() -> None:
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        raise RuntimeError(f"after {WORDS}") from error


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What the processes' own handler prints."""
    printed = io.StringIO()
    handler = logging.StreamHandler(printed)
    root = logging.getLogger()
    handler.setFormatter(next(one.formatter for one in root.handlers if one.name == "stderr"))
    root.addHandler(handler)
    yield printed
    root.removeHandler(handler)


def through_structlog() -> None:
    try:
        break_down()
    except RuntimeError:
        structlog.get_logger("candor.test").error("it_failed", exc_info=True)


def through_structlog_with_the_error() -> None:
    try:
        break_down()
    except RuntimeError as error:
        structlog.get_logger("candor.test").warning("it_failed", exc_info=error)


def through_the_standard_library() -> None:
    try:
        break_down()
    except RuntimeError:
        logging.getLogger("django.request").error("Internal Server Error: %s", f"/{WORDS}/", exc_info=sys.exc_info())


def through_celery() -> None:
    fails.apply()


@pytest.mark.parametrize(
    "log",
    [
        through_structlog,
        through_structlog_with_the_error,
        through_the_standard_library,
        through_celery,
    ],
)
def test_an_error_is_logged_with_its_type_and_place_and_without_its_words(
    log: Callable[[], None], lines: io.StringIO
) -> None:
    log()

    said = lines.getvalue()
    assert "builtins.RuntimeError" in said
    assert "caused by builtins.ValueError" in said
    assert "break_down" in said
    assert WORDS not in said


def test_an_error_reaches_the_handlers_that_report_it(caplog: pytest.LogCaptureFixture) -> None:
    through_structlog()

    [record] = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is RuntimeError
