"""What it takes to migrate a fleet, beside django-tenants' own `migrate_schemas`.

Each run is a process of its own (`process`), and the two sides take turns. Both begin with the same
tenants, made as in production and in the same state, and take `public` and every tenant through
the same migration; ours the template too. The peer is what somebody without this project has
(`stock`). After each turn the whole fleet is read: unless both leave the same objects, records and
items in every schema, there is no figure. Then a run of ours takes it back.
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
    """A run over the whole fleet, both ways.

    Attributes:
        migration: what there is to run, of `benchmarks/migrations`; None for nothing.
    """

    measure: str
    bar: str
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
class Alone:
    """What runs of ours took with one size of the fleet."""

    add_field: Cost
    nothing: Cost


def measure(console: Console) -> list[Row]:
    """Measure everything, on a database of its own."""
    with bench_database():
        owner = User.objects.create_user("bench@example.com", "bench-password", name="Bench")
        rows: list[Row] = []
        alone = {}
        for size in SIZES:
            _make_tenants(size, owner, console)
            alone[size] = Alone(_alone("add_field", ROUNDS), _alone(None, ROUNDS_OF_NOTHING))
            if size == COMPARED:
                rows += map(_compare, track(COMPARISONS, "Taking turns", console=console))
        return [*rows, *_growth(alone)]


def _make_tenants(size: int, owner: User, console: Console) -> None:
    """Make `bench1` to `benchN`, but for those that are there."""
    numbers = range(len(state.tenants()) + 1, size + 1)
    for number in track(numbers, f"Making {size} organizations", console=console):
        name = f"bench{number}"
        organization_create(schema_name=name, name=name, owner=owner)


def _alone(migration: str | None, rounds: int) -> Cost:
    costs = []
    for _ in range(rounds):
        with _migrated(OURS, OUR_SETTINGS, migration) as cost:
            costs.append(cost)
    return _typical(costs)


def _compare(what: Comparison) -> Row:
    ours, peer = [], []
    for _ in range(ROUNDS):
        with _migrated(what.ours, OUR_SETTINGS, what.migration) as cost:
            ours.append(cost)
            left = _read_fleet(what.migration)
        with _migrated(what.peer, PEER_SETTINGS, what.migration) as cost:
            peer.append(cost)
            if _read_fleet(what.migration) != left:
                raise RuntimeError(f"{what.ours} and {what.peer} left something different.")
    return row(
        f"{what.measure}, {COMPARED} tenants, s; peer: {what.peer}",
        _typical(ours).seconds,
        _typical(peer).seconds,
        what.bar,
    )


@contextmanager
def _migrated(command: str, settings: str, migration: str | None) -> Iterator[Cost]:
    """Give what the command took, and take the fleet back after the block."""
    yield run(command, settings=settings, migration=migration)
    if migration:
        run("migrate_tenants tenantry_items 0001", settings=OUR_SETTINGS, migration=migration)


def _read_fleet(migration: str | None) -> dict[str, tuple[str, Applied, object]]:
    """Return the fingerprint, the applied migrations and the items of each schema.

    Raises:
        RuntimeError: when a schema lacks the migration.
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


def _growth(alone: dict[int, Alone]) -> Iterator[Row]:
    small, large = alone[SMALL], alone[LARGE]
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
    for size, costs in alone.items():
        yield row(f"AddField with index, {size} tenants, s", costs.add_field.seconds)
        yield row(f"nothing to do, {size} tenants, s", costs.nothing.seconds)
    yield row("start of Python and Django, counted nowhere, s", large.nothing.start)
