"""Logs: structured, with request and tenant ids, and without personal data."""

import logging.config
import re
import traceback
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

SECRET_PATH = re.compile(r"(/i/)[^/\s\"']+")
EMAIL = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+\.[^\s@\"'<>]+")
BEARER = re.compile(r"((?:Interview|Bearer)\s+)[\w\-.]+")


def scrub(text: str) -> str:
    """Take link secrets, tokens and e-mail addresses out of a line."""
    return EMAIL.sub("[email]", BEARER.sub(r"\1[token]", SECRET_PATH.sub(r"\1[token]", text)))


def _scrub_event(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {key: scrub(value) if isinstance(value, str) else value for key, value in event.items()}


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
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": level},
            "loggers": {
                "django.request": {"level": "ERROR"},
                "django.security": {"level": "ERROR"},
                "axes": {"level": "ERROR"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "celery.beat": {"level": "WARNING"},
                "httpx2": {"level": "WARNING"},
                "openai": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
