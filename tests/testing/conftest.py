"""Runs test modules in a small project that uses the plugin."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

RunTests = Callable[..., pytest.RunResult]


@pytest.fixture
def run_tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> RunTests:
    """Run test modules, name and source, with the plugin in a new process."""
    server, _, name = os.environ["DATABASE_URL"].rpartition("/")
    monkeypatch.setenv("DATABASE_URL", f"{server}/{name}_{os.getpid()}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)

    def run_tests(*options: str, **modules: str) -> pytest.RunResult:
        pytester.makeini("[pytest]\nDJANGO_SETTINGS_MODULE = tests.settings\n")
        pytester.makeconftest('pytest_plugins = ["shared_apps.testing"]\n')
        pytester.makepyfile(**modules)
        return pytester.runpytest_subprocess("-v", "-p", "no:cacheprovider", *options)

    return run_tests
