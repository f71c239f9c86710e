"""Measures TENANT_ROLES, on and off in turns, at ten thousand roles."""

import gc
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count, product

from django.db import connections
from django.test import override_settings
from rich.console import Console
from rich.progress import track

from shared_apps.organizations.services import organization_create
from shared_apps.users.models import User
from tenantry.context import tenant_context
from tenantry.fleet.roles import BATCH, make_batch

from .context import ONE_ROW, PRICED
from .database import bench_database, make_first_organization, make_tokens
from .report import Row, row
from .requests import get, post
from .tables import fill_wall
from .timing import microseconds

ROLES = 10_000
ROUNDS = 20
ORDERS = "/api/orders/"
_names = map("more{}".format, count())


def measure(console: Console) -> list[Row]:
    with bench_database(), override_settings(TENANT_ROLES=True):
        make_first_organization()
        make_tokens()
        rows = [_statement("a few roles")]
        for _ in track(range(ROLES // BATCH), "Making roles", console=console):
            make_batch()
        rows += [_statement(f"{ROLES:,} roles"), *_requests(), *_creation(), *_others()]
    fill_wall(rows)
    return rows


def _statement(roles: str) -> Row:
    measure = f"one-row SELECT, µs, {roles}"
    return _compare(measure, partial(_select_one, "unlimited"), times=1000)


@tenant_context("bench1")
def _select_one(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute(ONE_ROW, [1])


def _requests() -> Iterator[Row]:
    priced = partial(get, PRICED, token="bench1")
    yield _compare("priced orders, ms", priced, times=100, unit=1000, target="<= 1.05")
    lines = [{"item": item, "quantity": 1} for item in (1, 2, 1)]
    place = partial(post, ORDERS, {"lines": lines}, token="bench1")
    yield _compare("placing an order of three lines, ms", place, times=50, unit=1000)


def _creation() -> Iterator[Row]:
    creation = _compare("creating a tenant, ms", _create, times=5, unit=1000, target="<= 1.3")
    batch = _row(
        f"making a batch of {BATCH} roles, ms",
        [microseconds(make_batch) / 1000 for _ in range(ROUNDS)],
    )
    yield creation
    yield batch
    on = creation.ours + batch.ours / BATCH
    yield row("creating a tenant, with its part of a batch, ms", on, creation.peer, "<= 1.3")


def _create() -> None:
    name = next(_names)
    owner = User.objects.get(email="bench1@example.com")
    organization_create(schema_name=name, name=name, owner=owner)


def _others() -> Iterator[Row]:
    """Time the next statement of another connection, which reads the changed catalogs again."""
    select = partial(_select_one, "unlimited")
    for measure, change, used, target in (
        ("a creation", _create, True, "<= 2"),
        ("a creation, TENANT_ROLES off", _create, False, None),
        (f"a batch of {BATCH} roles", make_batch, True, None),
    ):
        figures = []
        with override_settings(TENANT_ROLES=used):
            for _ in range(ROUNDS):
                change()
                figures.append(microseconds(select) / 1000)
        yield _row(f"the next statement of another connection after {measure}, ms", figures, target)


def _compare(
    measure: str,
    action: Callable[[], object],
    *,
    times: int,
    unit: int = 1,
    target: str | None = None,
) -> Row:
    """Measure an action with and without TENANT_ROLES.

    Args:
        times: calls in a round, each with and without.
        unit: microseconds of the figures' unit.
    """
    rounds = []
    gc.disable()
    try:
        for _ in range(ROUNDS):
            gc.collect()
            calls: dict[bool, list[float]] = {True: [], False: []}
            # In turns call by call, and no mean: other processes pause some calls.
            for _, (used, figures) in product(range(times), calls.items()):
                with override_settings(TENANT_ROLES=used):
                    figures.append(microseconds(action) / unit)
            rounds.append((statistics.median(calls[True]), statistics.median(calls[False])))
    finally:
        gc.enable()
    on, off = (statistics.median(figures) for figures in zip(*rounds, strict=True))
    spread = _quartiles([on / off for on, off in rounds])
    return row(f"{measure}; peer: TENANT_ROLES off", on, off, target, spread)


def _row(measure: str, figures: Sequence[float], target: str | None = None) -> Row:
    return row(measure, statistics.median(figures), target=target, spread=_quartiles(figures))


def _quartiles(figures: Sequence[float]) -> tuple[float, float]:
    lower, _, upper = statistics.quantiles(figures, n=4)
    return lower, upper
