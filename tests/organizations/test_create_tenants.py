"""create_tenants creates many organizations from a CSV file."""

import json
import os
import signal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext

from shared_apps.organizations.management.commands.create_tenants import MAX_LINES
from shared_apps.organizations.models import Membership, Organization
from shared_apps.users.models import User
from tenantry.schemas.catalog import schema_exists

HEADER = "schema_name,name,owner\n"
GOOD = """schema_name,name,owner,currency
initech,Initech,nora@nowhere.example,USD
hooli,"Hooli, Inc.",ALICE@acme.example,
"""
BAD = """schema_name,name,owner
initech,Initech,nora@nowhere.example
acme,Acme again,nora@nowhere.example

pg_x,PG,nora@nowhere.example
orphan,"Unknown
owner",unknown@nowhere.example
short,Short
long,Long,nora@nowhere.example,EUR,more
initech,Twice,nora@nowhere.example
hooli,Hooli,nora@nowhere.example
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new.csv"


def create_tenants(file: Path, content: str | bytes, **options: bool) -> tuple[str, str]:
    """Return its output and its errors."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    output, errors = StringIO(), StringIO()
    try:
        call_command("create_tenants", path=file, stdout=output, stderr=errors, **options)
    except CommandError as error:
        return output.getvalue(), f"{errors.getvalue()}{error}"
    return output.getvalue(), errors.getvalue()


def test_each_line_creates_an_organization(nora: User, file: Path) -> None:
    output, errors = create_tenants(file, GOOD)

    assert output == "Created 2 of 2 organizations.\n"
    assert errors == ""
    made = Organization.objects.filter(schema_name__in=["initech", "hooli"])
    assert list(made.values_list("schema_name", "name", "currency")) == [
        ("hooli", "Hooli, Inc.", "EUR"),
        ("initech", "Initech", "USD"),
    ]
    assert schema_exists("initech")
    assert Membership.objects.get(organization__schema_name="initech").user == nora


def test_bad_lines_are_named_by_number_and_the_others_are_created(nora: User, file: Path) -> None:
    output, errors = create_tenants(file, BAD)

    assert output == "Created 2 of 8 organizations.\n"
    *lines, summary = errors.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        f"line {number}" for number in (3, 5, 6, 8, 9, 10)
    ]
    for line, reason in zip(
        lines,
        (
            "is taken",
            "'pg_x' is reserved",
            "does not exist",
            "number of values",
            "number of values",
            "is taken",
        ),
        strict=True,
    ):
        assert reason in line
    assert summary == "6 bad lines. The other organizations were created."
    assert {"initech", "hooli"} <= set(Organization.objects.values_list("schema_name", flat=True))
    assert not schema_exists("orphan")


def test_bad_lines_give_exit_status_1(nora: User, file: Path) -> None:
    file.write_text(BAD)

    with pytest.raises(CommandError) as failure:
        call_command("create_tenants", path=file, stdout=StringIO(), stderr=StringIO())

    assert failure.value.returncode == 1


def test_the_result_can_be_printed_as_json(nora: User, file: Path) -> None:
    output, _ = create_tenants(file, BAD, json=True)

    result = json.loads(output)
    assert result["created"] == ["initech", "hooli"]
    assert [each["line"] for each in result["bad"]] == [3, 5, 6, 8, 9, 10]
    assert "reserved" in result["bad"][1]["error"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "must have the columns schema_name,name,owner"),
        ("initech,Initech,nora@nowhere.example\n", "it is 'initech,Initech"),
        (GOOD.replace(",", ";"), "it is 'schema_name;name;owner;currency'"),
        (GOOD.replace("currency", "money"), "it is 'schema_name,name,owner,money'"),
        (GOOD.replace("currency", "owner"), "it is 'schema_name,name,owner,owner'"),
        (GOOD.replace("Initech", "Änitech").encode("latin-1"), "is not UTF-8"),
        (GOOD.encode("utf-16"), "is not UTF-8"),
        (f'{GOOD}a,"b" c,d,e\n', "line 4"),
        (f'{GOOD}a,"b', "line 4"),
    ],
)
def test_an_unreadable_file_is_a_one_line_error_and_creates_nothing(
    db: None, file: Path, content: str | bytes, reason: str
) -> None:
    output, error = create_tenants(file, content)

    assert output == ""
    assert reason in error
    assert "\n" not in error
    assert Organization.objects.count() == 2


def test_a_line_with_nul_is_a_bad_line(nora: User, file: Path) -> None:
    owner = "nora@nowhere.example"
    content = f"{HEADER}a\0,A,{owner}\na,A\0,{owner}\na,A,\0{owner}\ninitech,I,{owner}\n"

    output, errors = create_tenants(file, content)

    assert output == "Created 1 of 4 organizations.\n"
    *lines, summary = errors.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["line 2", "line 3", "line 4"]
    assert all("NUL" in line for line in lines[1:])
    assert summary == "3 bad lines. The other organizations were created."


def test_a_file_with_too_many_lines_creates_nothing(db: None, file: Path) -> None:
    _, error = create_tenants(file, HEADER + "a,A,b\n" * (MAX_LINES + 1))

    assert error == f"{file} has more than 10,000 lines. Split it."


def test_each_line_takes_the_same_number_of_statements(nora: User, file: Path) -> None:
    def cost(lines: int) -> int:
        with CaptureQueriesContext(connection) as asked:
            create_tenants(file, HEADER + f"acme,Acme,{nora.email}\n" * lines)
        return len(asked)

    one, two, four = map(cost, (1, 2, 4))

    assert four - two == 2 * (two - one)


def test_a_missing_file_is_an_error(db: None, tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "no.csv", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(CommandError, match=reason):
            call_command("create_tenants", path=path)


def test_utf_8_from_excel_is_read(nora: User, file: Path) -> None:
    create_tenants(file, GOOD.replace("\n", "\r\n").encode("utf-8-sig"))

    assert Organization.objects.count() == 4


@pytest.mark.parametrize(("presses", "made"), [(1, ["initech"]), (2, [])])
def test_ctrl_c_prints_the_first_line_without_an_organization(
    nora: User, file: Path, capfd: pytest.CaptureFixture[str], presses: int, made: list[str]
) -> None:
    def press(**_: object) -> None:
        for _press in range(presses):
            os.kill(os.getpid(), signal.SIGINT)

    post_save.connect(press, sender=Organization)
    try:
        output, errors = create_tenants(file, GOOD, json=True)
    finally:
        post_save.disconnect(press, sender=Organization)

    assert json.loads(output) == {"created": made, "bad": [], "left": 2 - len(made)}
    assert errors == f"Interrupted: {2 - len(made)} are left, from line {2 + len(made)} on."
    assert schema_exists("initech") == bool(made)
    assert "Stopping after the current tenants" in capfd.readouterr().err
