"""Customers who order without a pause, and checks of the stored orders."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from random import Random
from threading import Event
from uuid import uuid4

from psycopg2 import extensions

from tests.processes import PATIENCE

from .service import Service, Shop, wait_until

LOST = 0
"""In place of a status, when no response came."""


@dataclass(slots=True)
class Customer:
    """A customer who orders from several shops, on one connection.

    Attributes:
        responses: the time of each response, in seconds of the monotonic clock, and its status.
        placed: the schema and the id of each order that got 201.
        wrong: responses that are an error in every situation.
    """

    port: int
    shops: list[Shop]
    random: Random
    responses: list[tuple[float, int]] = field(default_factory=list)
    placed: list[tuple[str, int]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    connection: HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def order(self, shop: Shop | None = None, **headers: str) -> int:
        """Order two of each item of a shop and return the status."""
        shop = shop or self.random.choice(self.shops)
        lines = [{"item": item, "quantity": 2} for item in shop.items]
        status, body = self.ask(shop, "POST", "/api/orders/", {"lines": lines}, **headers)
        if status == 201:
            order = json.loads(body)
            self.placed.append((shop.schema, order["id"]))
            if order["total"] != f"{shop.number * 2 * len(shop.items)}.00":
                self.wrong.append(f"{shop.schema} got {order}")
        return status

    def ask(
        self, shop: Shop, method: str, path: str, data: object = None, **headers: str
    ) -> tuple[int, bytes]:
        headers |= {"Content-Type": "application/json", "Authorization": f"Token {shop.token}"}
        try:
            self.connection.request(method, path, json.dumps(data) if data else None, headers)
            response = self.connection.getresponse()
            status, body = response.status, response.read()
        except (OSError, HTTPException):
            self.connection.close()  # The next request opens another.
            status, body = LOST, b""
        else:
            if status == 503 and not response.getheader("Retry-After"):
                self.wrong.append("503 without Retry-After")
        self.responses.append((time.monotonic(), status))
        return status, body


class PersistentCustomer(Customer):
    """A customer who repeats each order with the same key until it is placed."""

    def order(self, shop: Shop | None = None, **headers: str) -> int:
        shop = shop or self.random.choice(self.shops)
        headers |= {"Idempotency-Key": uuid4().hex}
        wait_until(lambda: super(PersistentCustomer, self).order(shop, **headers) == 201)
        return 201


@contextmanager
def ordering(
    service: Service, shops: list[Shop], kind: type[Customer] = Customer, customers: int = 8
) -> Iterator[list[Customer]]:
    """Run customers in one thread each until the block ends."""
    crowd = [kind(service.port, shops, Random(number)) for number in range(customers)]
    done = Event()

    def order_until_done(customer: Customer) -> None:
        with closing(customer.connection):
            while not done.is_set():
                customer.order()

    with ThreadPoolExecutor(customers) as threads:
        running = [threads.submit(order_until_done, customer) for customer in crowd]
        try:
            yield crowd
        finally:
            done.set()
    for each in running:
        each.result()


def statuses(crowd: Sequence[Customer]) -> Counter[int]:
    return Counter(status for customer in crowd for _, status in customer.responses)


def last_failure(crowd: Sequence[Customer]) -> float:
    return max(
        (at for customer in crowd for at, status in customer.responses if status != 201), default=0
    )


def orders_in(observer: extensions.connection, shop: Shop) -> set[int]:
    """Return the ids of a shop's orders; check that each is complete and belongs to the shop.

    The price of all items is the shop's number, and only its owner orders.
    """
    with observer.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT o.id, o.user_id, sum(l.quantity * l.unit_price),
                array_agg(l.unit_price), array_agg(i.description)
            FROM {shop.schema}.tenantry_orders_order o
            LEFT JOIN {shop.schema}.tenantry_orders_orderline l ON l.order_id = o.id
            LEFT JOIN {shop.schema}.tenantry_items_item i ON i.id = l.item_id
            GROUP BY o.id
            """
        )
        rows = cursor.fetchall()
    lines = len(shop.items)
    prices, names = [shop.number] * lines, [f"{shop.schema} item"] * lines
    whole = (shop.owner, shop.number * 2 * lines, prices, names)
    assert [row for row in rows if row[1:] != whole] == []
    return {row[0] for row in rows}


def all_orders(observer: extensions.connection, shops: list[Shop]) -> set[tuple[str, int]]:
    """Return the schema and the id of each order; check that all are complete."""
    return {(shop.schema, order) for shop in shops for order in orders_in(observer, shop)}


def check_orders(
    crowd: Sequence[Customer], before: set[tuple[str, int]], after: set[tuple[str, int]]
) -> None:
    """Check that each order that got 201 is stored, and that there are no others.

    An order that got an error can be stored: PostgreSQL committed it and the response was lost.
    """
    assert [wrong for customer in crowd for wrong in customer.wrong] == []
    placed = {pair for customer in crowd for pair in customer.placed}
    assert placed <= after - before
    failed = statuses(crowd).total() - statuses(crowd)[201]
    assert len(after - before - placed) <= failed
