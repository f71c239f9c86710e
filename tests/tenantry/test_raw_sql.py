"""`check --deploy` finds raw SQL with values in its text."""

from pathlib import Path
from textwrap import dedent

import pytest
from django.apps import AppConfig
from django.core.checks import run_checks

from tenantry.checks.raw_sql import check_raw_sql, unexplained_lines
from tests.isolation import injectable_urls

INJECTABLE = {
    "an f-string": 'cursor.execute(f"SELECT {name}")',
    "a multi-line f-string": 'cursor.execute(\n    f"""SELECT {name}"""\n)',
    "joined literals": 'cursor.execute("SELECT 1 "\n    f"WHERE {name}")',
    "a percent sign": 'cursor.execute("SELECT %s" % name)',
    "a percent sign and a tuple": 'cursor.execute("SELECT %s, %s" % ("a", name), [])',
    "a plus sign": 'cursor.execute("SELECT " + name)',
    "a plus sign in the middle": 'cursor.execute("SELECT " + name + " FROM a")',
    "format": 'cursor.execute("SELECT {}".format(name))',
    "format of a name": "cursor.execute(template.format(name=name))",
    "format_map": 'cursor.execute("SELECT {name}".format_map(names))',
    "executemany": 'cursor.executemany(f"INSERT INTO {name} VALUES (%s)", rows)',
    "copy_expert": 'cursor.copy_expert(f"COPY {name} FROM STDIN", file)',
    "raw": 'Item.objects.raw(f"SELECT * FROM {name}")',
    "RawSQL": 'Item.objects.annotate(a=RawSQL(f"{name}", []))',
    "RawSQL of its module": 'expressions.RawSQL(sql="SELECT " + name, params=[])',
    "extra": 'Item.objects.extra(where=["a = 1", f"b = {name}"])',
    "extra, its select": "Item.objects.extra(select={'a': 'b' + name})",
    "RunSQL": 'migrations.RunSQL(f"DROP TABLE {name}")',
    "RunSQL backwards": 'RunSQL("CREATE TABLE a ()", f"DROP TABLE {name}")',
    "RunSQL backwards by name": 'RunSQL("CREATE TABLE a ()", reverse_sql=f"DROP TABLE {name}")',
    "a list in RunSQL": 'RunSQL(["SELECT 1", f"DROP TABLE {name}"])',
    "a pair in RunSQL": 'RunSQL([(f"SELECT {name}, %s", [1])])',
    "psycopg2's SQL": 'cursor.execute(SQL(f"SELECT {name}"))',
    "either of two": 'cursor.execute("SELECT 1" if name else f"SELECT {name}")',
    "a default": 'cursor.execute(given or f"SELECT {name}")',
    "a walrus": 'cursor.execute(sql := f"SELECT {name}")',
    "a variable": 'sql = f"SELECT {name}"\ncursor.execute(sql)',
    "a variable with a type": 'sql: str = f"SELECT {name}"\ncursor.execute(sql)',
    "a variable that grows": 'sql = "SELECT 1"\nsql += f" WHERE a = {name}"\ncursor.execute(sql)',
    "a variable of a function": 'def f(a):\n    sql = f"SELECT {a}"\n    cursor.execute(sql)',
    "an argument": 'def f(name):\n    cursor.execute(f"SELECT {name}")',
    "an argument called like a constant": (
        'name = "a"\ndef f(name):\n    cursor.execute(f"SELECT {name}")'
    ),
    "a constant that changes": 'name = "a"\nname = ask()\ncursor.execute(f"SELECT {name}")',
    "a loop": 'for name in names:\n    cursor.execute(f"SELECT {name}")',
    "a loop over pairs": 'for name, _ in [("a", b)]:\n    cursor.execute(f"SELECT {name}")',
    "a class": 'class Migration:\n    operations = [RunSQL(f"DROP TABLE {name}")]',
    "a comment without a reason": 'cursor.execute(f"SELECT {name}")  # noqa: S608',
    "a comment on other rules": 'cursor.execute(f"SELECT {name}")  # noqa: E501, S101 (long)',
    "a comment on everything": 'cursor.execute(f"SELECT {name}")  # noqa',
    "a comment on the line above": '# noqa: S608 (quoted)\ncursor.execute(f"SELECT {name}")',
    "a comment in the block": 'with cursor.execute(f"{name}"):\n    pass  # noqa: S608 (quoted)',
}
SAFE = {
    "parameters": 'cursor.execute("SELECT %s", [name])',
    "an f-string without values": 'cursor.execute(f"SELECT 1")',
    "constants": 'NAME = "a"\ncursor.execute(f"SELECT {NAME}" + " FROM " + NAME)',
    "constants of constants": 'A = "a"\nB = f"{A}, b"\ncursor.execute("SELECT %s, %s" % (B, 1))',
    "constants by format": 'NAME = "a"\ncursor.execute("SELECT {}".format(NAME))',
    "one of two constants": 'a = "x" if b else "y"\ncursor.execute(f"SELECT {a}")',
    "a loop over constants": 'for a in ("x", "y"):\n    cursor.execute(f"SELECT {a}")',
    "a text of constants that grows": 'sql = "SELECT"\nsql += " 1"\ncursor.execute(sql)',
    "a text that names itself": 'sql = "SELECT"\nsql = sql + " 1"\ncursor.execute(sql)',
    "numbers": 'cursor.execute(f"SELECT 1 LIMIT {int(name)} OFFSET {len(name):>3}")',
    "psycopg2's composition": 'cursor.execute(sql.SQL("SELECT {}").format(sql.Identifier(name)))',
    "a composition in a variable": (
        'query = SQL("SELECT {}")\ncursor.execute(query.format(Identifier(name)))'
    ),
    "a sum of compositions": 'cursor.execute(SQL("SELECT ") + SQL(", ").join(names))',
    "an f-string in a name": 'cursor.execute(SQL("SELECT {}").format(Identifier(f"a_{name}")))',
    "an f-string in a parameter": 'cursor.execute("SELECT %s", [f"a_{name}"])',
    "a function that is not a cursor's": 'execute(f"SELECT {name}"); print(f"SELECT {name}")',
    "a text of another function": "cursor.execute(text_of(name))",
    "no arguments": "executor.execute()",
    "arguments in a list": "cursor.execute(*sql)",
    "a comment": 'cursor.execute(f"SELECT {name}")  # noqa: S608 (quoted above)',
    "a comment with other rules": 'cursor.execute(f"SELECT {name}")  # noqa: E501, S608 quoted',
    "a comment on a later line": (
        'cursor.execute(\n    f"""SELECT {name}""",  # noqa: S608 (quoted)\n)'
    ),
    "a comment where the text begins": (
        'sql = f"""\n    SELECT {name}\n"""  # noqa: S608 (quoted)\ncursor.execute(sql)'
    ),
    "a comment where it is sent": (
        'sql = f"SELECT {name}"\ncursor.execute(sql)  # noqa: S608 (quoted)'
    ),
}


@pytest.mark.parametrize("source", INJECTABLE.values(), ids=INJECTABLE)
def test_a_value_in_the_text_of_sql_is_found(source: str) -> None:
    assert len(unexplained_lines(source)) == 1


@pytest.mark.parametrize("source", SAFE.values(), ids=SAFE)
def test_safe_sql_and_an_explained_exit_are_not_found(source: str) -> None:
    assert unexplained_lines(source) == []


def test_each_text_is_found_once_where_it_begins() -> None:
    source = dedent("""
        def first(cursor, name):
            sql = f"SELECT {name}"
            cursor.execute(sql)
            cursor.execute(sql)
            cursor.execute("SELECT 1")
            cursor.execute(
                "SELECT %s" % name
            )
    """)

    assert unexplained_lines(source) == [3, 8]


def test_the_injectable_view_of_the_tests_is_found() -> None:
    assert len(unexplained_lines(Path(injectable_urls.__file__).read_text())) == 1


@pytest.fixture
def shop(tmp_path: Path) -> AppConfig:
    """An app with one module that can be injected."""
    folder = tmp_path / "shop"
    for name in ("models.py", "migrations/0001_initial.py", "tests/test_models.py", "tests.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("cursor.execute('SELECT 1')")
    return _app(folder)


def _app(folder: Path) -> AppConfig:
    config = type("ShopConfig", (AppConfig,), {"path": str(folder)})
    app: AppConfig = config("shop", None)
    return app


def _found(*apps: AppConfig) -> list[str]:
    folders = {app.path for app in apps}
    (folder,) = folders if len(folders) == 1 else {min(folders, key=len)}
    messages = check_raw_sql(apps)
    assert {message.id for message in messages} <= {"tenancy.W010"}
    return [message.msg.removeprefix(f"{folder}/").split()[0] for message in messages]


@pytest.mark.parametrize("name", ["models.py", "migrations/0001_initial.py"])
def test_every_module_of_an_app_is_read(shop: AppConfig, name: str) -> None:
    assert _found(shop) == []

    Path(shop.path, name).write_text("cursor.execute('SELECT 1')\ncursor.execute('a' + name)")

    assert _found(shop) == [f"{name}:2"]


@pytest.mark.parametrize(
    "name",
    ["tests/test_models.py", "tests.py", "test_models.py", ".venv/lib/site-packages/a/models.py"],
)
def test_tests_and_libraries_are_not_read(shop: AppConfig, name: str) -> None:
    path = Path(shop.path, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("cursor.execute('a' + name)")

    assert _found(shop) == []


def test_an_installed_app_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "site-packages" / "shop"
    folder.mkdir(parents=True)
    (folder / "models.py").write_text("cursor.execute('a' + name)")

    assert _found(_app(folder)) == []


def test_an_app_inside_of_another_is_read_once(shop: AppConfig) -> None:
    inner = Path(shop.path, "inner")
    inner.mkdir()
    (inner / "models.py").write_text("cursor.execute('a' + name)")

    assert _found(shop, _app(inner)) == ["inner/models.py:1"]


@pytest.mark.parametrize("content", [b"cursor.execute({{ app }}", b"cursor.execute('\xff')"])
def test_a_file_that_is_not_python_is_not_read(shop: AppConfig, content: bytes) -> None:
    Path(shop.path, "template.py").write_bytes(content)

    assert _found(shop) == []


def test_only_a_deployment_check_reads_the_code() -> None:
    """It takes longer than a start should."""
    registry = run_checks.__self__  # type: ignore[attr-defined]

    assert check_raw_sql in registry.deployment_checks
    assert check_raw_sql not in registry.registered_checks
