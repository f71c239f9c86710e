"""Measures the migration of a fleet against django-tenants' `migrate_schemas`.

Each run is a separate process (`process`), and both sides take turns. They start with the same
tenants in the same state, created as in production, and run the same migration in `public` and in
every tenant; ours also in the template. The peer is a project with only django-tenants (`stock`).
After each run the whole fleet is read, and an error ends the benchmark unless both runs leave the
same objects, records and items in every schema. Then a run of ours migrates backwards.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from statistics import median

from django.db import connection
from rich.console import Console
from rich.progress import track

from shared_apps.organizations.services import organization_create
from shared_apps.users.models import User
from tenantry.fleet import state
from tenantry.fleet.state import Applied
from tenantry.schemas.catalog import fingerprint

from .database import bench_database
from .process import Cost, run
from .report import Row, row

SMALL, COMPARED, LARGE = SIZES = (50, 500, 2000)
ROUNDS = 2
ROUNDS_OF_NOTHING = 7

OURS = "migrate_tenants --jobs 1"
OUR_SETTINGS = "benchmarks.settings"
PEER = "migrate_schemas"
PEER_SETTINGS = "benchmarks.stock"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A run over the whole fleet, ours and the peer's.

    Attributes:
        migration: a module in `benchmarks/migrations`; None for a run without migrations.
    """

    measure: str
    target: str
    migration: str | None = None
    ours: str = OURS
    peer: str = PEER


COMPARISONS = (
    Comparison("AddField with index", "<= 1/12", "add_field"),
    Comparison(
        "the same, two processes",
        "<= 1/8",
        "add_field",
        "migrate_tenants --jobs 2",
        "migrate_schemas --executor=multiprocessing",
    ),
    Comparison("RunPython", "<= 1/12", "run_python"),
    Comparison("nothing to do", "<= 1/100"),
)


@dataclass(frozen=True, slots=True)
class Costs:
    """The cost of our runs with one size of the fleet."""

    add_field: Cost
    nothing: Cost


def measure(console: Console) -> list[Row]:
    with bench_database():
        owner = User.objects.create_user("bench@example.com", "bench-password", name="Bench")
        rows: list[Row] = []
        costs = {}
        for size in SIZES:
            _make_tenants(size, owner, console)
            costs[size] = Costs(
                _measure_ours("add_field", ROUNDS), _measure_ours(None, ROUNDS_OF_NOTHING)
            )
            if size == COMPARED:
                rows += map(_compare, track(COMPARISONS, "Taking turns", console=console))
        return [*rows, *_growth(costs)]


def _make_tenants(size: int, owner: User, console: Console) -> None:
    """Create the missing ones of `bench1` to `benchN`."""
    numbers = range(len(state.tenants()) + 1, size + 1)
    for number in track(numbers, f"Making {size} organizations", console=console):
        name = f"bench{number}"
        organization_create(schema_name=name, name=name, owner=owner)


def _measure_ours(migration: str | None, rounds: int) -> Cost:
    costs = []
    for _ in range(rounds):
        with _migrated(OURS, OUR_SETTINGS, migration) as cost:
            costs.append(cost)
    return _typical(costs)


def _compare(comparison: Comparison) -> Row:
    ours, peer = [], []
    for _ in range(ROUNDS):
        with _migrated(comparison.ours, OUR_SETTINGS, comparison.migration) as cost:
            ours.append(cost)
            left = _read_fleet(comparison.migration)
        with _migrated(comparison.peer, PEER_SETTINGS, comparison.migration) as cost:
            peer.append(cost)
            if _read_fleet(comparison.migration) != left:
                raise RuntimeError(
                    f"The results of {comparison.ours} and {comparison.peer} differ."
                )
    return row(
        f"{comparison.measure}, {COMPARED} tenants, s; peer: {comparison.peer}",
        _typical(ours).seconds,
        _typical(peer).seconds,
        comparison.target,
    )


@contextmanager
def _migrated(command: str, settings: str, migration: str | None) -> Iterator[Cost]:
    """Run the command and yield its cost; after the block, migrate the fleet backwards."""
    yield run(command, settings=settings, migration=migration)
    if migration:
        run("migrate_tenants tenantry_items 0001", settings=OUR_SETTINGS, migration=migration)


def _read_fleet(migration: str | None) -> dict[str, tuple[str, Applied, object]]:
    """Return the fingerprint, the applied migrations and the items of each schema.

    Raises:
        RuntimeError: a schema lacks the migration.
    """
    fleet = {}
    for name in state.tenants():
        applied = state.read_applied(name)
        if migration and ("tenantry_items", migration) not in applied:
            raise RuntimeError(f"{name} was not migrated.")
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT sku, description, price FROM {name}.tenantry_items_item ORDER BY sku"
            )
            fleet[name] = (fingerprint(name), applied, cursor.fetchall())
    return fleet


def _typical(costs: list[Cost]) -> Cost:
    return Cost(*map(median, zip(*map(astuple, costs), strict=True)))


def _growth(costs: dict[int, Costs]) -> Iterator[Row]:
    small, large = costs[SMALL], costs[LARGE]
    yield row(
        f"nothing to do, {LARGE} tenants, s; peer: ours with {SMALL}",
        large.nothing.seconds,
        small.nothing.seconds,
        "<= 1.5",
    )
    if small.add_field.megabytes:
        yield row(
            f"memory of AddField's process, {LARGE} tenants, MB; peer: ours with {SMALL}",
            large.add_field.megabytes,
            small.add_field.megabytes,
            "<= 1.2",
        )
    for size, ours in costs.items():
        yield row(f"AddField with index, {size} tenants, s", ours.add_field.seconds)
        yield row(f"nothing to do, {size} tenants, s", ours.nothing.seconds)
    yield row("start of Python and Django, counted nowhere, s", large.nothing.start)
