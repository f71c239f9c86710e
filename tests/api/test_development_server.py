"""The development server's log lines."""

import logging

import pytest

from config.urls import handler404, handler500  # noqa: F401 (Django looks for them here)


@pytest.mark.parametrize(
    ("line", "status", "shown"),
    [
        ("GET /static/tenantry/site.css HTTP/1.1", "200", False),
        ("GET /static/tenantry/site.css HTTP/1.1", "304", False),
        ("GET /static/tenantry/lost.css HTTP/1.1", "404", True),
        ("GET /healthz HTTP/1.1", "200", False),
        ("GET /items/ HTTP/1.1", "200", True),
        ("", "200", True),
    ],
)
def test_the_development_server_prints_no_lines_for_static_files_and_probes(
    caplog: pytest.LogCaptureFixture, line: str, status: str, shown: bool
) -> None:
    logger = logging.getLogger("django.server")
    logger.addHandler(caplog.handler)
    try:
        logger.warning('"%s" %s %s', line, status, "-")
    finally:
        logger.removeHandler(caplog.handler)

    assert (line in caplog.text) == shown
