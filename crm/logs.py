"""One stream of log lines for all loggers, ours and the libraries': JSON for machines, plain text in DEBUG.

Nothing secret is written: no headers, bodies, query strings or variables of a traceback, and no keys of letters' links.
"""

import re
from typing import Any

import structlog
from structlog.typing import EventDict, Processor

MEGABYTE = 1024 * 1024
SECRET_IN_PATH = re.compile(r"(/accounts/(?:confirm-email|password/reset/key)/)[^/\s]+")
QUERY_OF_URL = re.compile(r"(https?://[^\s?'\"]+)\?[^\s'\"]*")


def hide_secrets(logger: Any, method: str, event: EventDict) -> EventDict:
    """A link from a letter opens an account, and other sites' addresses come with their query strings."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = QUERY_OF_URL.sub(r"\1", SECRET_IN_PATH.sub(r"\1***", value))
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    hide_secrets,
]


def config(*, level: str, file: str, readable: bool) -> dict[str, Any]:
    """The LOGGING of Django's settings; also points structlog's own loggers at it."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handlers = {"console": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "line"}}
    if file:
        handlers["file"] = _rotating(file)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": _formatter(readable=readable)},
        "handlers": handlers,
        "root": {"handlers": [*handlers], "level": level},
        "loggers": {
            # Django's own handlers would write each line twice; its DEBUG prints SQL with session keys and hashes.
            "django": {"level": "INFO" if level == "DEBUG" else level},
            "django.request": {"level": "ERROR"},  # a 404 has its line from crm.middleware already
            "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},  # prints query strings
        },
    }


def _rotating(file: str) -> dict[str, Any]:
    return {
        "class": "logging.handlers.RotatingFileHandler",
        "filename": file,
        "maxBytes": 10 * MEGABYTE,
        "backupCount": 5,
        "encoding": "utf-8",
        "formatter": "line",
    }


def _formatter(*, readable: bool) -> dict[str, Any]:
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            plain if readable else structlog.processors.JSONRenderer(),
        ],
    }
