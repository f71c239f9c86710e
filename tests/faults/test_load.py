"""The service under steady load: no error, no memory leak, and each row in the right schema.

The load lasts a minute; with `LOAD_SECONDS=600 make proofs ARGS="-k load"` ten minutes. Before it,
half a minute creates the organizations and finds the peak. In the second half of the load no worker
can grow more than the limits in `memory`. A minute is enough to find a leak of one object in each
request.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from psycopg2 import extensions
from rich.console import Console

from tests.isolation.servers import Program

from .customers import Customer, all_orders, statuses
from .memory import Memory, leaks, measured_service, memory_of
from .service import Service, Shop

pytestmark = pytest.mark.proof

SHOPS = 200
CUSTOMERS = 8
SECONDS = int(os.environ.get("LOAD_SECONDS") or 60)
WARM_UP, PEAK = 15, 10  # seconds
SHARE = 0.8  # of the peak


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service") / "log"


@pytest.fixture
def service(database: Program, shops: list[Shop], log: Path) -> Iterator[Service]:
    with measured_service(database.server, log) as service:
        yield service


class Visitor(Customer):
    """A customer who mostly reads, and sometimes orders or adds an item with the shop's name.

    Attributes:
        added: the schema and the sku of each item that got 201.
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
                self.look(shop)
        self.took.append(time.monotonic() - began)

    def look(self, shop: Shop) -> int:
        return self.ask(shop, "GET", "/api/orders/priced/")[0]

    def add_item(self, shop: Shop) -> None:
        sku = f"{self.number}-{len(self.took)}"
        item = {"sku": sku, "description": f"{shop.schema} item", "price": f"{shop.number}.00"}
        status, _ = self.ask(shop, "POST", "/api/items/", item)
        if status == 201:
            self.added.append((shop.schema, sku))


def test_steady_load_causes_no_error_and_no_leak(
    database: Program, service: Service, shops: list[Shop], capsys: pytest.CaptureFixture[str]
) -> None:
    crowd = [Visitor(service.port, shops, number) for number in range(CUSTOMERS)]

    visit(crowd, seconds=WARM_UP)
    before = requests(crowd)
    visit(crowd, seconds=PEAK)
    peak = (requests(crowd) - before) / PEAK
    memory, counted = [memory_of(service)], [requests(crowd)]
    for _ in range(2):
        visit(crowd, seconds=SECONDS / 2, rate=SHARE * peak)
        memory.append(memory_of(service))
        counted.append(requests(crowd))

    with capsys.disabled():
        print_figures(crowd, peak, memory, counted)
    assert set(statuses(crowd)) == {200, 201}, statuses(crowd)
    assert [wrong for visitor in crowd for wrong in visitor.wrong] == []
    assert memory[0].keys() == memory[-1].keys()
    with closing(database.server.connect()) as observer:
        assert all_orders(observer, shops) == {pair for each in crowd for pair in each.placed}
        check_items(observer, shops, crowd)
    assert leaks(memory[1], memory[2], counted[2] - counted[1]) == []


@pytest.mark.parametrize("leak", [0, 100])
def test_a_leak_of_a_hundred_bytes_per_request_is_found(
    database: Program, shops: list[Shop], log: Path, leak: int
) -> None:
    with measured_service(database.server, log, leak=leak) as service:
        visitor = Visitor(service.port, shops, 0)
        memory = []
        with closing(visitor.connection):
            for _ in range(2):
                assert {visitor.look(visitor.random.choice(shops)) for _ in range(2000)} == {200}
                memory.append(memory_of(service))

    assert bool(leaks(memory[0], memory[1], 2000)) == bool(leak)


def visit(crowd: list[Visitor], *, seconds: float, rate: float | None = None) -> None:
    """Send requests for a time, at `rate` per second, or one after the other without a rate."""
    start = time.monotonic()
    end = start + seconds
    interval = len(crowd) / rate if rate else 0

    def keep_visiting(visitor: Visitor) -> None:
        due = start + interval * visitor.random.random()
        with closing(visitor.connection):
            while (now := time.monotonic()) < end:
                time.sleep(max(0, due - now))
                visitor.visit()
                due += interval

    with ThreadPoolExecutor(len(crowd)) as threads:
        for each in [threads.submit(keep_visiting, visitor) for visitor in crowd]:
            each.result()


def requests(crowd: list[Visitor]) -> int:
    return sum(len(visitor.took) for visitor in crowd)


def print_figures(
    crowd: list[Visitor], peak: float, memory: list[dict[int, Memory]], counted: list[int]
) -> None:
    held = counted[-1] - counted[0]
    took = sorted(second for visitor in crowd for second in visitor.took[-held // CUSTOMERS :])
    Console().print(
        f"\npeak {peak:.0f}/s; held {held / SECONDS:.0f}/s for {SECONDS} s, {held:,} requests, "
        f"p50 {took[len(took) // 2] * 1e3:.1f} ms, p99 {took[len(took) * 99 // 100] * 1e3:.1f} ms; "
        f"{dict(statuses(crowd))}"
    )
    for number, workers in zip(counted, memory, strict=True):
        Console().print(f"after {number:,} requests: {[*workers.values()]}")


def check_items(observer: extensions.connection, shops: list[Shop], crowd: list[Visitor]) -> None:
    """Check that each schema contains its own items, with its name, and no others."""
    added = {pair for visitor in crowd for pair in visitor.added}
    stored = set()
    for shop in shops:
        with observer.cursor() as cursor:
            cursor.execute(
                f"SELECT id, sku, description, price FROM {shop.schema}.tenantry_items_item"
            )
            rows = cursor.fetchall()
        assert {row[2:] for row in rows} == {(f"{shop.schema} item", shop.number)}
        stored |= {(shop.schema, sku) for pk, sku, *_ in rows if pk not in shop.items}
    assert stored == added
