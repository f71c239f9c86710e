"""After faults of the machine no order is partly written, and the service recovers."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from functools import partial
from random import Random
from socket import SHUT_RDWR

import psycopg2
import pytest

from tests.isolation.servers import Program

from .customers import (
    LOST,
    Customer,
    PersistentCustomer,
    all_orders,
    check_orders,
    last_failure,
    ordering,
    statuses,
)
from .service import Service, Shop, wait_until
from .triggers import BACKENDS, fault, query, request_that_waits, waiting

pytestmark = pytest.mark.proof

SHOPS = 50  # So many that throttles limit no customer.
SECONDS = 5  # from PostgreSQL's recovery to the service's recovery

Orders = set[tuple[str, int]]


@pytest.fixture
def before(database: Program, shops: list[Shop]) -> Orders:
    return stored(database, shops)


@pytest.fixture
def customer(service: Service, shops: list[Shop]) -> Iterator[Customer]:
    customer = Customer(service.port, shops, Random(1))
    with closing(customer.connection):
        yield customer


def test_postgresql_is_restarted_under_load(
    database: Program, service: Service, shops: list[Shop], before: Orders
) -> None:
    with ordering(service, shops) as crowd:
        wait_for(crowd, 201, 100)
        database.stop()
        wait_for(crowd, 503, 100)
        database.start()
        back = time.monotonic()
        wait_for(crowd, 201, statuses(crowd)[201] + 200)

    check(crowd, back, before, stored(database, shops))


def test_postgresql_crashes_under_load(
    database: Program, service: Service, shops: list[Shop], before: Orders
) -> None:
    with ordering(service, shops) as crowd:
        wait_for(crowd, 201, 100)
        kill_one_backend(database)
        wait_for(crowd, 503, 1)
        wait_until(lambda: is_reachable(database))
        back = time.monotonic()
        wait_for(crowd, 201, statuses(crowd)[201] + 200)

    check(crowd, back, before, stored(database, shops))


def test_connections_are_cut_under_load(
    database: Program, service: Service, shops: list[Shop], before: Orders
) -> None:
    with ordering(service, shops) as crowd:
        for round_ in range(1, 21):
            wait_for(crowd, 201, round_ * 20)
            query(database, f"SELECT pg_terminate_backend(pid) {BACKENDS}")
        back = time.monotonic()
        wait_for(crowd, 201, statuses(crowd)[201] + 200)

    check(crowd, back, before, stored(database, shops))


def test_orders_repeated_with_the_same_key_are_placed_once(
    database: Program, service: Service, shops: list[Shop], before: Orders
) -> None:
    with ordering(service, shops, PersistentCustomer) as crowd:
        wait_for(crowd, 201, 100)
        database.stop()
        wait_for(crowd, 503, 100)
        database.start()
        for round_ in range(1, 21):
            wait_for(crowd, 201, 100 + round_ * 20)
            query(database, f"SELECT pg_terminate_backend(pid) {BACKENDS}")

    placed = [pair for customer in crowd for pair in customer.placed]
    assert len(placed) == len({*placed})
    assert stored(database, shops) - before == {*placed}


def test_an_order_is_not_placed_again_after_its_response_was_lost(
    database: Program, service: Service, shops: list[Shop], customer: Customer, before: Orders
) -> None:
    shop = shops[0]
    key = {"Idempotency-Key": "lost"}

    with order_that_waits(database, shop, customer, ON_COMMIT, **key) as (status, _):
        customer.connection.sock.shutdown(SHUT_RDWR)
        assert status() == LOST

    wait_until(lambda: stored(database, shops) != before)
    (committed,) = stored(database, shops) - before
    assert customer.order(shop, **key) == 201
    assert customer.placed == [committed]
    assert stored(database, shops) - before == {committed}


def test_a_restart_between_two_requests_causes_no_error(
    database: Program, service: Service, customer: Customer
) -> None:
    assert {customer.order() for _ in range(20)} == {201}
    database.stop()
    database.start()

    assert {customer.order() for _ in range(20)} == {201}


def test_postgresql_is_killed_during_an_order(
    database: Program, service: Service, shops: list[Shop], customer: Customer, before: Orders
) -> None:
    shop = shops[0]

    with order_that_waits(database, shop, customer) as (status, pid):
        os.kill(pid, signal.SIGKILL)
        assert status() == 503
        wait_until(lambda: is_reachable(database))

    assert stored(database, shops) == before
    assert customer.order(shop) == 201


def test_the_workers_are_killed_during_an_order(
    database: Program, service: Service, shops: list[Shop], customer: Customer, before: Orders
) -> None:
    shop = shops[0]
    workers = service.workers()

    with order_that_waits(database, shop, customer) as (status, _):
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        assert status() == LOST

    service.wait_until_ready()
    assert not service.workers() & workers
    wait_until(lambda: not waiting(database))
    assert stored(database, shops) == before
    assert customer.order(shop) == 201


ON_LAST_LINE = """
    CREATE TRIGGER fault BEFORE INSERT ON {schema}.tenantry_orders_orderline
    FOR EACH ROW WHEN (NEW.item_id = {item}) EXECUTE FUNCTION {schema}.fault()
"""
ON_COMMIT = """
    CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON {schema}.tenantry_orders_orderline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {schema}.fault()
"""


@pytest.mark.parametrize("trigger", [ON_LAST_LINE, ON_COMMIT])
def test_the_disk_is_full(
    database: Program,
    service: Service,
    shops: list[Shop],
    customer: Customer,
    before: Orders,
    trigger: str,
) -> None:
    full, other = shops[:2]

    body = "RAISE EXCEPTION USING ERRCODE = 'disk_full'"
    with fault(database, full.schema, body, on(trigger, full)):
        assert [customer.order(full), customer.order(other)] == [503, 201]

    assert customer.wrong == []
    assert stored(database, shops) - before == {*customer.placed}
    assert customer.order(full) == 201


# --- Faults ---


def order_that_waits(
    database: Program,
    shop: Shop,
    customer: Customer,
    trigger: str = ON_LAST_LINE,
    **headers: str,
) -> AbstractContextManager[tuple[Callable[[], int], int]]:
    """Block an order in a trigger; see `request_that_waits`."""
    order = partial(customer.order, shop, **headers)
    return request_that_waits(database, shop.schema, on(trigger, shop), order)


def on(trigger: str, shop: Shop) -> str:
    """Return a trigger for the lines of a shop's new orders."""
    return trigger.format(schema=shop.schema, item=shop.items[-1])


def kill_one_backend(database: Program) -> None:
    """Kill one backend; PostgreSQL then ends all and recovers, as after a crash of the machine.

    https://www.postgresql.org/docs/18/server-shutdown.html
    """
    ((pid, *_), *_) = query(database, f"SELECT pid {BACKENDS} AND datname = current_database()")
    os.kill(pid, signal.SIGKILL)


# --- Queries ---


def is_reachable(database: Program) -> bool:
    try:
        query(database, "SELECT 1")
    except psycopg2.OperationalError:
        return False
    return True


def stored(database: Program, shops: list[Shop]) -> Orders:
    with closing(database.server.connect()) as observer:
        return all_orders(observer, shops)


def check(crowd: list[Customer], back: float, before: Orders, after: Orders) -> None:
    assert set(statuses(crowd)) == {201, 503}, statuses(crowd)
    assert last_failure(crowd) - back < SECONDS
    check_orders(crowd, before, after)


def wait_for(crowd: list[Customer], status: int, count: int) -> None:
    wait_until(lambda: statuses(crowd)[status] >= count)
