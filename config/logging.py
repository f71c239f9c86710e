"""How log lines are made: structlog's configuration, and LOGGING for Django.

structlog and the standard logging module write the same lines to stderr. Each line has the time,
level and logger, and the request's id, user and schema.
"""

import sys
from typing import Any

import structlog

from shared_apps.core.request_logs import (
    without_secret_paths,
    without_traceback_of_client_errors,
)
from tenantry.logs import add_schema, indent
from tenantry.postgres.logs import traceback_without_rows, without_rows

_COMMON: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    add_schema,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    # Only these values of `extra`: Django adds whole requests.
    structlog.stdlib.ExtraAdder(allow=["status_code", "milliseconds"]),
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    without_traceback_of_client_errors,
    without_secret_paths,
    without_rows,
    structlog.processors.ExceptionRenderer(traceback_without_rows),
]
_FORMATS: dict[str, list[Any]] = {
    "json": [structlog.processors.JSONRenderer()],
    "line": [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # Tracebacks are already text.
        ),
        indent,
    ],
}


def logging_settings(*, log_format: str, log_requests: bool, debug: bool) -> dict[str, Any]:
    """Configure structlog, and return the setting LOGGING.

    Args:
        log_format: `json` or `line`.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"server": {"()": "shared_apps.core.request_logs.ServerFilter"}},
        "formatters": {
            name: {"()": structlog.stdlib.ProcessorFormatter, "processors": [*_COMMON, *last]}
            for name, last in _FORMATS.items()
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": log_format},
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Without handlers, so Django's own are replaced: they print in development, and mail
            # the admins.
            "django": {"level": "INFO" if debug else "WARNING"},
            # Workers write a line for each task themselves, with its organization.
            "django_tasks": {"level": "CRITICAL"},
            # It logs URLs, which can contain secrets.
            "httpx": {"level": "WARNING"},
            "django.tasks": {"level": "CRITICAL"},
            "django.server": {"handlers": ["stderr"], "filters": ["server"], "propagate": False},
            # With request lines, a client error has its line; only server errors add a traceback.
            "django.request": {"level": "ERROR" if log_requests else "WARNING"},
        },
    }
