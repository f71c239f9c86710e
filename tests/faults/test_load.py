"""The service under steady load: no error, no growth, and each row where it belongs.

A minute by default; `LOAD_SECONDS=600 make proofs ARGS="-k load"` holds it for ten. Both take half
a minute more to make the organizations and to find the peak. Memory rises for the first 50,000
requests or so, which a minute does not hold: it tells a gross leak alone, ten tell growth.
"""

import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from random import Random

import pytest
from psycopg2 import extensions
from rich.console import Console

from tests.isolation.servers import Program

from .customers import Customer, all_orders, statuses
from .service import Service, Shop

pytestmark = pytest.mark.proof

SHOPS = 200
CUSTOMERS = 8
SECONDS = int(os.environ.get("LOAD_SECONDS") or 60)
WARM_UP, PEAK = 15, 10  # seconds
SHARE = 0.8  # of the peak
# Bytes by which a worker may grow from the middle of the time to its end.
GROWTH = 2_000_000 if SECONDS >= 600 else 10_000_000


class Visitor(Customer):
    """A customer who mostly looks, and at times orders or adds an item that bears the shop's name.

    Attributes:
        added: the skus that were answered with 201, by schema.
        took: seconds of each request.
    """

    def __init__(self, port: int, shops: list[Shop], number: int) -> None:
        super().__init__(port, shops, Random(number))
        self.number = number
        self.added: list[tuple[str, str]] = []
        self.took: list[float] = []

    def visit(self) -> None:
        shop = self.random.choice(self.shops)
        began = time.monotonic()
        match self.random.random():
            case chance if chance < 0.15:
                self.order(shop)
            case chance if chance < 0.20:
                self.add_item(shop)
            case chance if chance < 0.40:
                self.ask(shop, "GET", "/api/items/")
            case _:
                self.ask(shop, "GET", "/api/orders/priced/")
        self.took.append(time.monotonic() - began)

    def add_item(self, shop: Shop) -> None:
        sku = f"{self.number}-{len(self.took)}"
        item = {"sku": sku, "description": f"{shop.schema} item", "price": f"{shop.number}.00"}
        status, _ = self.ask(shop, "POST", "/api/items/", item)
        if status == 201:
            self.added.append((shop.schema, sku))


def test_load_is_held_without_an_error_or_growth(
    database: Program, service: Service, shops: list[Shop], capsys: pytest.CaptureFixture[str]
) -> None:
    crowd = [Visitor(service.port, shops, number) for number in range(CUSTOMERS)]

    visit(crowd, service, seconds=WARM_UP)
    before = requests(crowd)
    visit(crowd, service, seconds=PEAK)
    peak = (requests(crowd) - before) / PEAK
    workers, before = service.workers(), requests(crowd)
    memory = visit(crowd, service, seconds=SECONDS, rate=SHARE * peak)
    held = (requests(crowd) - before) / SECONDS

    with capsys.disabled():
        tell(crowd, peak, held, memory, int(SECONDS * held))
    assert set(statuses(crowd)) == {200, 201}, statuses(crowd)
    assert [wrong for visitor in crowd for wrong in visitor.wrong] == []
    assert service.workers() == workers
    with closing(database.server.connect()) as observer:
        assert all_orders(observer, shops) == {pair for each in crowd for pair in each.placed}
        check_items(observer, shops, crowd)
    assert growth(memory) <= GROWTH * len(workers)


def visit(
    crowd: list[Visitor], service: Service, *, seconds: float, rate: float | None = None
) -> list[int]:
    """Let all visit for a time, at so many requests a second or as fast as they are answered.

    Returns:
        The bytes of the workers' memory, second by second.
    """
    start = time.monotonic()
    end = start + seconds
    apart = len(crowd) / rate if rate else 0

    def keep_visiting(visitor: Visitor) -> None:
        due = start + apart * visitor.random.random()
        with closing(visitor.connection):
            while (now := time.monotonic()) < end:
                time.sleep(max(0, due - now))
                visitor.visit()
                due += apart

    with ThreadPoolExecutor(len(crowd)) as threads:
        running = [threads.submit(keep_visiting, visitor) for visitor in crowd]
        memory = []
        while time.monotonic() < end:
            memory.append(service.memory())
            time.sleep(1)
    for each in running:
        each.result()
    return memory


def requests(crowd: list[Visitor]) -> int:
    return sum(len(visitor.took) for visitor in crowd)


def growth(memory: list[int]) -> float:
    """Return by how many bytes the last fifth of the time took more than the one in the middle."""
    fifth = len(memory) // 5
    return statistics.median(memory[-fifth:]) - statistics.median(memory[2 * fifth : 3 * fifth])


def tell(crowd: list[Visitor], peak: float, held: float, memory: list[int], counted: int) -> None:
    took = sorted(second for visitor in crowd for second in visitor.took[-counted // CUSTOMERS :])
    megabytes = [round(size / 1e6, 1) for size in memory[:: max(1, len(memory) // 10)]]
    Console().print(
        f"\npeak {peak:.0f}/s; held {held:.0f}/s for {SECONDS} s, {counted:,} requests, "
        f"p50 {took[len(took) // 2] * 1e3:.1f} ms, p99 {took[len(took) * 99 // 100] * 1e3:.1f} ms; "
        f"{dict(statuses(crowd))}; workers' MB {megabytes}, growth {growth(memory) / 1e6:.2f}"
    )


def check_items(observer: extensions.connection, shops: list[Shop], crowd: list[Visitor]) -> None:
    """Check that each schema holds its own items, each of which bears its name, and no others."""
    added = {pair for visitor in crowd for pair in visitor.added}
    stored = set()
    for shop in shops:
        with observer.cursor() as cursor:
            cursor.execute(f"SELECT id, sku, description, price FROM {shop.schema}.items_item")
            rows = cursor.fetchall()
        assert {row[2:] for row in rows} == {(f"{shop.schema} item", shop.number)}
        stored |= {(shop.schema, sku) for pk, sku, *_ in rows if pk not in shop.items}
    assert stored == added
