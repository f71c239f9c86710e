"""The tasks API is Django's own from 6.0 on."""

import runpy
import sys
from types import ModuleType
from typing import Any

import django
import pytest

from shared_apps.jobs import tasks_api

PARTS = {
    "django.tasks": ["task_backends"],
    "django.tasks.backends": [],
    "django.tasks.backends.base": ["BaseTaskBackend"],
    "django.tasks.base": ["Task", "TaskContext", "TaskError", "TaskResult", "TaskResultStatus"],
    "django.tasks.exceptions": ["TaskResultDoesNotExist"],
    "django.tasks.signals": ["task_enqueued", "task_finished", "task_started"],
    "django.utils.json": ["normalize_json"],
}


def load(monkeypatch: pytest.MonkeyPatch, *version: int) -> dict[str, Any]:
    """Import the module under a version of Django; each part of Django is its path."""
    monkeypatch.setattr(django, "VERSION", version)
    for module, names in PARTS.items():
        stub = ModuleType(module)
        for name in names:
            setattr(stub, name, f"{module}.{name}")
        monkeypatch.setitem(sys.modules, module, stub)
    assert tasks_api.__file__
    return runpy.run_path(tasks_api.__file__)


def test_django_6_has_the_whole_api(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load(monkeypatch, 6, 0)

    expected = {name: f"{module}.{name}" for module, names in PARTS.items() for name in names}
    assert {name: loaded[name] for name in tasks_api.__all__} == expected


def test_an_older_django_needs_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load(monkeypatch, 5, 2)

    assert all(not isinstance(loaded[name], str) for name in tasks_api.__all__)
