"""Measures the service over HTTP against peers."""

import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPResponse
from socket import create_connection
from typing import Any

from django.db import connection
from rich.console import Console
from rich.progress import track

from shared_apps.organizations.models import Membership

from .chart import draw
from .database import (
    bench_database,
    database_url,
    make_first_organization,
    make_more_organizations,
    make_tokens,
)
from .growth import growth
from .load import CONNECTIONS, Load, load, require_wrk
from .peers import (
    FAST,
    FLASK,
    FLOOR,
    ITEMS,
    ORDERS,
    OURS,
    PEERS,
    POOLED,
    PRICED,
    SINGLE,
    STOCK,
    Caller,
    Service,
)
from .report import Row, row
from .requests import get, post
from .round_trips import trips_of
from .serving import running
from .tables import fill

FEW, MANY = 2, 1000  # organizations
ROUNDS, SECONDS = 5, 3
# Long enough for nearly every connection to serve nearly every organization.
WARM_UP = 5  # seconds

# The peers of each path, with the target for our rate divided by theirs. FAST has no target: its
# prepared statements do not work behind every transaction pooler.
_TARGETS: Mapping[str, Mapping[Service, str | None]] = {
    PRICED: {FLASK: ">= 1.7", STOCK: ">= 5", FAST: None, POOLED: ">= 1.0", FLOOR: ">= 0.6"},
    ITEMS: {FLASK: ">= 1.2", STOCK: ">= 3"},
    ORDERS: {FLASK: ">= 1.2", STOCK: ">= 3"},
}
_NAMES = {PRICED: "priced orders", ITEMS: "items", ORDERS: "orders"}

Loads = Mapping[Service, Sequence[Load]]


@dataclass(frozen=True, slots=True)
class Contest:
    """The services under load and their callers.

    Attributes:
        ports: the port of each service.
        callers: one for each organization.
    """

    console: Console
    ports: Mapping[Service, int]
    callers: Sequence[Caller]


def measure(console: Console) -> list[Row]:
    require_wrk()
    with bench_database():
        callers = _make_callers(console)
        with running((OURS, *PEERS), database_url()) as ports:
            contest = Contest(console, ports, callers)
            _check_same_rows(contest)
            rows = [*_under_load(contest)]
        rows += [*_round_trips(), *growth()]
    draw(rows)
    fill(rows)
    return rows


def _make_callers(console: Console) -> Sequence[Caller]:
    organization = make_first_organization()
    made = make_more_organizations(organization, MANY)
    list(track(made, "Making organizations", total=MANY - 1, console=console))
    make_tokens()
    with connection.cursor() as cursor:
        # The table of DRF's tokens for the peer with django-tenants, as in DRF's migrations.
        cursor.execute(
            "CREATE TABLE authtoken_token (key varchar(40) PRIMARY KEY, "
            "created timestamptz NOT NULL, user_id bigint NOT NULL UNIQUE "
            "REFERENCES tenantry_users_user)"
        )
        cursor.execute(
            "INSERT INTO authtoken_token SELECT o.schema_name, now(), m.user_id "
            "FROM tenantry_organizations_membership m "
            "JOIN tenantry_organizations_organization o ON o.id = m.organization_id"
        )
        # Otherwise autovacuum would do it during a measurement and change the plans.
        cursor.execute("ANALYZE")
    return [
        Caller(member.organization.schema_name, member.user_id, member.organization_id)
        for member in Membership.objects.select_related("organization").order_by("pk")
    ]


def _check_same_rows(contest: Contest) -> None:
    """Check that all services give the same responses.

    Raises:
        RuntimeError: a peer's response differs from ours.
    """
    first, *others = contest.callers
    for path in _TARGETS:
        for caller in (first, others[0], others[-1]):
            expected = _body(contest.ports[OURS], OURS.ask(caller, path))
            for peer in PEERS:
                # The peer without tenancy has the first organization only.
                if path in peer.paths and (peer is not SINGLE or caller is first):
                    given = _body(contest.ports[peer], peer.ask(caller, path))
                    if given != expected:
                        raise RuntimeError(f"{peer.name}, {path}: {given} is not {expected}")


def _body(port: int, request: str) -> Any:
    """Return the body of a response, with UTC as `Z`; an error status raises RuntimeError."""
    with create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request.encode())
        response = HTTPResponse(connection)
        response.begin()
        body = response.read().decode()
    if response.status != 200:
        raise RuntimeError(f"{request.splitlines()[0]}: {response.status} {body}")
    return json.loads(body.replace("+00:00", "Z"))


def _under_load(contest: Contest) -> Iterator[Row]:
    ours: dict[int, Sequence[Load]] = {}
    for count in (FEW, MANY):
        for path, targets in _TARGETS.items():
            title = f"{_NAMES[path]}, {count:,} organizations"
            loads = _alternate(contest, title, [OURS, *targets], path, count)
            if path == PRICED:
                ours[count] = loads[OURS]
            for peer, target in targets.items():
                measure = f"{title}, requests a second; peer: {peer.name}"
                yield row(
                    measure, _median(loads[OURS], "rate"), _median(loads[peer], "rate"), target
                )
    measure = f"priced orders, p99 in ms, {MANY:,} organizations; peer: {FEW} organizations"
    yield row(measure, _median(ours[MANY], "p99"), _median(ours[FEW], "p99"), "<= 1.5")
    # One connection: with several, the latency depends on the worker that each one gets.
    loads = _alternate(contest, "latency", [OURS, SINGLE], PRICED, 1, connections=1)
    measure = f"priced orders, one at a time, p50 in ms; peer: {SINGLE.name}, no tenancy"
    yield row(measure, _median(loads[OURS], "p50"), _median(loads[SINGLE], "p50"), "<= 1.10")


def _alternate(
    contest: Contest,
    title: str,
    services: Sequence[Service],
    path: str,
    count: int,
    *,
    connections: int = CONNECTIONS,
) -> Loads:
    """Put the services under load in turns: `ROUNDS` rounds after a warm-up that is not counted."""
    loads: dict[Service, list[Load]] = {service: [] for service in services}
    for number in track(range(ROUNDS + 1), title, console=contest.console):
        for service, seen in loads.items():
            requests = [service.ask(caller, path) for caller in contest.callers[:count]]
            seconds = SECONDS if number else WARM_UP
            figure = load(contest.ports[service], requests, seconds, connections)
            if number:
                seen.append(figure)
    return loads


def _median(loads: Sequence[Load], figure: str) -> float:
    median: float = statistics.median(getattr(each, figure) for each in loads)
    return median


def _round_trips() -> Iterator[Row]:
    for path, name in _NAMES.items():
        trips = trips_of(connection, lambda _, path=path: get(path, token="bench1"))  # type: ignore[misc]
        yield row(f"{name}, SQL round trips", trips, target="<= 2" if path == PRICED else None)
    lines = [{"item": item, "quantity": 1} for item in (1, 2, 1)]
    trips = trips_of(connection, lambda _: post(ORDERS, {"lines": lines}, token="bench1"))
    yield row("placing an order of three lines, SQL round trips", trips)
