"""Random steps of several people at the same time: what must hold for members always holds.

The machine runs with broken rules as well. It must detect each, or it would prove nothing.
"""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test
from pytest_django import Settings

from shared_apps.organizations import acceptance, recipients, services
from tests.conftest import InThread
from tests.sizes import FULL

from .people_machine import TOGETHER, Broken, PeopleMachine
from .people_steps import KINDS

ROUNDS = 25  # of an example
STEPS = 1_000 if FULL else 200


@pytest.fixture(autouse=True)
def _unlimited(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipients, "MAX_A_DAY", 1_000)
    settings.THROTTLES = dict.fromkeys(settings.THROTTLES, 0)


@pytest.mark.proof
def test_random_steps_keep_an_owner_let_in_only_the_invited_and_end_access(
    in_thread: InThread,
) -> None:
    machine = run(in_thread, steps=STEPS)

    assert machine.steps >= STEPS
    assert machine.successes.keys() >= {"invite", "accept_own", "change", "leave", "deactivate"}
    if FULL:
        assert machine.successes.keys() == set(KINDS)


@pytest.mark.proof
@pytest.mark.parametrize(
    ("module", "rule", "broken"),
    [
        (services, "require_another_owner", lambda *_, **__: None),
        (services, "tokens_revoke", lambda **_: None),
        (services, "require_may_manage", lambda *_: None),
        (acceptance, "owns_address", lambda *_: True),
    ],
    ids=["without an owner", "with old tokens", "by anyone", "for anyone"],
)
def test_the_machine_detects_a_service_without(
    in_thread: InThread, monkeypatch: pytest.MonkeyPatch, module: Any, rule: str, broken: Any
) -> None:
    monkeypatch.setattr(module, rule, broken)

    with pytest.raises((Broken, Flaky)):  # Threads differ when hypothesis repeats a failure.
        run(in_thread, steps=5_000, derandomize=True)


def run(in_thread: InThread, *, steps: int, **options: Any) -> type[PeopleMachine]:
    """Run at least so many steps, and return the machine class with its counts."""
    attributes = {"in_thread": staticmethod(in_thread), "successes": Counter()}
    counted = type("Machine", (PeopleMachine,), attributes)
    run_state_machine_as_test(
        counted,
        settings=settings(
            max_examples=-(-steps // (ROUNDS * TOGETHER)),
            stateful_step_count=ROUNDS,
            deadline=None,
            database=None,
            # Threads differ from run to run, so a failure cannot be repeated or made smaller.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            **options,
        ),
    )
    return counted
