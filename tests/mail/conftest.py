import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from .smtp import SmtpServer, smtp_server

Write = Callable[..., None]


@pytest.fixture
def write_templates(settings: Settings, tmp_path: Path) -> Write:
    """Return a function that writes `note.txt` and `note.html`, with their blocks."""
    folder = tmp_path / "templates"
    folder.mkdir()
    (engine,) = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], folder]}]

    def write(*, subject: str = "A note", content: str = "{{ text }}") -> None:
        blocks = f"{{% block content %}}{content}{{% endblock %}}"
        subject_block = f"{{% block subject %}}{subject}{{% endblock %}}"
        (folder / "note.txt").write_text(f'{{% extends "mail/base.txt" %}}{subject_block}{blocks}')
        (folder / "note.html").write_text(f'{{% extends "mail/base.html" %}}{blocks}')

    return write


@pytest.fixture
def note(write_templates: Write) -> str:
    """A mail with `{{ text }}`."""
    write_templates()
    return "note"


@pytest.fixture
def server(settings: Settings) -> Iterator[SmtpServer]:
    """The mail server of the settings."""
    with smtp_server() as server:
        use(settings, server.port)
        yield server


@pytest.fixture
def no_server(settings: Settings) -> None:
    """Settings with a port at which no server listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    use(settings, port)


def use(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 5
