"""What it takes to migrate a fleet, beside django-tenants' own `migrate_schemas`.

Each run is a process of its own (`process`), and the two sides take turns. Both begin with the same
tenants, made as in production and in the same state, and take `public` and every tenant through
the same migration; ours the template too. The peer is what somebody without this project has
(`stock`). After each turn the whole fleet is read: unless both leave the same objects, records and
items in every schema, there is no figure. Then a run of ours takes it back.
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from statistics import mean

from django.db import connection
from rich.console import Console
from rich.progress import track

from shared_apps.organizations.services import organization_create
from shared_apps.tenancy.catalog import fingerprint
from shared_apps.tenancy.fleet import records, state
from shared_apps.tenancy.fleet.target import Applied
from shared_apps.users.models import User

from .database import bench_database
from .process import Cost, run
from .report import Row, row

SMALL, COMPARED, LARGE = SIZES = (50, 500, 2000)
ROUNDS = 2
ADDED = (("items", "color"), ("items", "first_item"))

OURS = "migrate_tenants --jobs 1"
OUR_SETTINGS = "benchmarks.settings"
PEER = "migrate_schemas"
PEER_SETTINGS = "benchmarks.stock"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A migration of the whole fleet, run both ways.

    Attributes:
        migrations: the package under `benchmarks/migrations` that adds it.
    """

    measure: str
    bar: str
    migrations: str
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
            alone[size] = Alone(_add_field(), _nothing())
            if size == COMPARED:
                rows += map(_compare, track(COMPARISONS, "Taking turns", console=console))
                rows.append(_compare_nothing())
        return [*rows, *_growth(alone)]


def _make_tenants(size: int, owner: User, console: Console) -> None:
    """Make `bench1` to `benchN`, but for those that are there."""
    numbers = range(len(state.tenants()) + 1, size + 1)
    for number in track(numbers, f"Making {size} organizations", console=console):
        name = f"bench{number}"
        organization_create(schema_name=name, name=name, owner=owner)


def _add_field() -> Cost:
    costs = []
    for _ in range(ROUNDS):
        costs.append(run(OURS, settings=OUR_SETTINGS, migrations="add_field"))
        _take_back("add_field")
    return _average(costs)


def _nothing() -> Cost:
    return _average([run(OURS, settings=OUR_SETTINGS) for _ in range(ROUNDS)])


def _compare(what: Comparison) -> Row:
    ours, peer = [], []
    for _ in range(ROUNDS):
        ours.append(run(what.ours, settings=OUR_SETTINGS, migrations=what.migrations))
        left = _read_fleet()
        _take_back(what.migrations)
        peer.append(run(what.peer, settings=PEER_SETTINGS, migrations=what.migrations))
        if _read_fleet() != left:
            raise RuntimeError(f"{what.ours} and {what.peer} left something different.")
        _take_back(what.migrations)
    return row(
        f"{what.measure}, {COMPARED} tenants, s; peer: {what.peer}",
        _average(ours).seconds,
        _average(peer).seconds,
        what.bar,
    )


def _read_fleet() -> dict[str, tuple[str, Applied, object]]:
    """Return the fingerprint, the applied migrations and the items of each schema.

    Raises:
        RuntimeError: when a schema lacks the migration of the benchmark.
    """
    fleet = {}
    for name in state.tenants():
        applied = records.read(name)
        if not applied.intersection(ADDED):
            raise RuntimeError(f"{name} was not migrated.")
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT sku, description, price FROM {name}.items_item ORDER BY sku")
            fleet[name] = (fingerprint(name), applied, cursor.fetchall())
    return fleet


def _take_back(migrations: str) -> None:
    run("migrate_tenants items 0001", settings=OUR_SETTINGS, migrations=migrations)


def _compare_nothing() -> Row:
    ours, peer = [], []
    for _ in range(ROUNDS):
        ours.append(run(OURS, settings=OUR_SETTINGS))
        peer.append(run(PEER, settings=PEER_SETTINGS))
    return row(
        f"nothing to do, {COMPARED} tenants, s; peer: {PEER}",
        _average(ours).seconds,
        _average(peer).seconds,
        "<= 1/100",
    )


def _average(costs: list[Cost]) -> Cost:
    return Cost(*map(mean, zip(*map(astuple, costs), strict=True)))


def _growth(alone: dict[int, Alone]) -> Iterator[Row]:
    small, large = alone[SMALL], alone[LARGE]
    yield row(
        f"nothing to do, {LARGE} tenants, s; peer: ours with {SMALL}",
        large.nothing.seconds,
        small.nothing.seconds,
        "<= 1.5",
    )
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
