"""Logs: structured, with request and tenant ids, and without personal data."""

import logging.config
import re
import sys
import traceback
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

SECRET_PATH = re.compile(r"(/i/)[^/\s\"']+")
EMAIL = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+\.[^\s@\"'<>]+")
BEARER = re.compile(r"((?:Interview|Bearer)\s+)[\w\-.]+")
KEY = re.compile(r"\b(cnd|cndscim)_[A-Za-z0-9-]+_\w+")


def scrub(text: str) -> str:
    """Take link secrets, tokens, keys of programs and e-mail addresses out of a line."""
    text = KEY.sub(r"\1_[key]", BEARER.sub(r"\1[token]", SECRET_PATH.sub(r"\1[token]", text)))
    return EMAIL.sub("[email]", text)


def _scrub_event(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: _scrubbed(value) for key, value in event.items()}


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {key: _scrubbed(item) for key, item in value.items()}
    return [_scrubbed(item) for item in value] if isinstance(value, list | tuple | set) else value


def _resolve_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace `exc_info=True` by the exception that is being handled, and keep it for `_hand_over`."""
    if event.get("exc_info") is True:
        event["exc_info"] = sys.exc_info()[1]
    event["_error"] = event.get("exc_info")
    return event


def _hand_over(logger: Any, name: str, event: EventDict) -> Any:
    """Pass the event to the standard library with its exception, which Sentry looks for there."""
    error = event.pop("_error")
    arguments, keywords = structlog.stdlib.ProcessorFormatter.wrap_for_formatter(logger, name, event)
    return arguments, keywords | {"exc_info": error}


def _exception_without_message(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace exc_info by the chain of types and frames: a message may quote what a person typed."""
    error = event.pop("exc_info", None)
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = describe(error)
    return event


def describe(error: BaseException) -> str:
    """The exception's types and frames, outermost cause first, without messages or locals."""
    chain: list[str] = []
    current: BaseException | None = error
    while current is not None and len(chain) < 5:
        chain.append(f"{type(current).__module__}.{type(current).__qualname__}\n{_frames(current.__traceback__)}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\ncaused by ".join(chain)


def _frames(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-12:]
    return "\n".join(f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)


class TaskFailures(logging.Filter):
    """Celery writes a failed task's error, with its words and traceback, into the sentence itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, Mapping):
            record.msg, record.args = "task %s %s", (record.args.get("name"), record.args.get("description"))
        return True


class RequestFailures(logging.Filter):
    """Django names the path of a failed request, and a path may name an interview."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = str(record.msg).partition(":")[0], ()
        return True


LOGGERS: dict[str, dict[str, Any]] = {
    "django.request": {"level": "ERROR", "filters": ["request_failures"]},
    "django.security": {"level": "ERROR"},
    "axes": {"level": "ERROR"},
    "celery.worker.consumer.connection": {"level": "WARNING"},
    "celery.worker.strategy": {"level": "WARNING"},
    "celery.app.trace": {"level": "WARNING", "filters": ["task_failures"]},
    "celery.beat": {"level": "WARNING"},
    "httpx2": {"level": "WARNING"},
    "openai": {"level": "WARNING"},
}


def configure(*, as_json: bool, level: str) -> None:
    """Send structlog and the standard library through the same processors to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _exception_without_message,
        _scrub_event,
    ]
    renderer: Any = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structured": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
                    "foreign_pre_chain": [structlog.stdlib.ExtraAdder(allow=[]), *shared],
                }
            },
            "filters": {"task_failures": {"()": TaskFailures}, "request_failures": {"()": RequestFailures}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": LOGGERS,
        }
    )
    structlog.configure(
        processors=[_resolve_exception, *shared, _hand_over],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
