"""/items/import/: the preview of a CSV file, or its errors."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.staff.imports import MAX_SIZE
from tenant_apps.items import file_pages
from tenant_apps.items.csv_files import MAX_ROWS
from tenant_apps.items.models import Item
from tests.conftest import statements

from .csv_steps import CONFIRM, HEADER, IMPORT, STORED_DESK, errors, upload
from .test_pages import text
from .test_pages_write import stored


def test_the_preview_shows_what_changes_and_writes_nothing(admin: APIClient, desk: Item) -> None:
    preview = upload(admin, f"{HEADER}DESK,Oak desk,250,1\nLAMP,Lamp,30,1\n")

    shown = text(preview.text)
    assert preview.status_code == 200
    assert "New 1 Changed 1 Same as now 0" in shown
    assert "DESK 2 description Acme desk Oak desk" in shown
    assert "LAMP 3 Lamp EUR 30.00 Active" in shown
    assert "Import 2 rows" in shown
    assert stored() == [STORED_DESK]


def test_the_preview_of_the_current_values_has_nothing_to_import(
    admin: APIClient, desk: Item
) -> None:
    preview = upload(admin, f"{HEADER}DESK,Acme desk,250.00,1\n")

    assert "There is nothing to import." in preview.text
    assert CONFIRM not in preview.text


def test_the_preview_shows_the_errors_of_all_rows_and_no_button(
    admin: APIClient, desk: Item
) -> None:
    content = (
        f"{HEADER}LAMP,Lamp,-1,1\nRUG,,1.999,1\n\n"
        "SOFA,Sofa,x,maybe\nCHAIR,Chair,5,1\nCHAIR,Chair,6,1\n,No SKU,1,1\nA,A,1,1,extra\n"
    )

    response = upload(admin, content)

    assert response.status_code == 400
    assert errors(response.text) == [
        "2 price Ensure this value is greater than or equal to 0.",
        "3 description This field is required.",
        "3 price Ensure that there are no more than 2 decimal places.",
        "5 price Enter a number.",
        "5 is_active Enter 1 or 0.",
        "7 sku Row 6 has the same SKU.",
        "8 sku This field is required.",
        "9 The row has more cells than the first row has column names.",
    ]
    assert "Fix these 8 errors" in response.text
    assert CONFIRM not in response.text
    assert stored() == [STORED_DESK]


def test_the_preview_shows_some_of_many_errors(admin: APIClient, acme: Organization) -> None:
    rows = "".join(f"S{number},,x,1\n" for number in range(200))

    response = upload(admin, HEADER + rows)

    assert len(errors(response.text)) == file_pages.SHOWN
    assert "Fix these 400 errors" in response.text
    assert f"These are the first {file_pages.SHOWN}." in response.text


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "The submitted file is empty."),
        (b"\n\n", "The file has no rows."),
        (HEADER.encode(), "The file has no rows."),
        (b"a\0b", "The first row has no column “sku”."),
        (b"\xff\xfes\0k\0u\0", "This is not a CSV file in UTF-8."),
        ("sku,price\nSCHRÄNK,1".encode("latin-1"), "This is not a CSV file in UTF-8."),
        (b"PK\x03\x04\x14\0", "The first row has no column “sku”."),
        (b'[{"sku": [1]}]', "The first row has no column “sku”."),
        (b"name,price\nA,1\n", "The first row has no column “sku”."),
        (b"sku,price,SKU\nA,1,A\n", "The first row has a column twice: sku."),
        (b"sku," + b",".join(b"%d" % n for n in range(50)) + b"\n", "more than 50 columns."),
        (b"sku" + b",sku" * 200_000, "more than 50 columns."),
        (b'sku,price\nA,"1\nB,2\n', "Look for a quote that is not closed."),
        (b'sku,price\nA,1\nB,"2"x\n', "cannot be read after row 2."),
        (b'sku,price\n\nA,1\nB,"2"x\n', "cannot be read after row 3."),
        (b"sku\n" + b"x" * 200_000, "The file cannot be read after row 1."),
        (b"sku\n" + b"x\n" * (MAX_SIZE // 2), "The file is larger than 1 MB."),
    ],
)
def test_the_preview_of_another_file_says_what_is_wrong(
    admin: APIClient, acme: Organization, content: bytes, error: str
) -> None:
    response = upload(admin, content)

    assert response.status_code == 400
    assert error in text(response.text)


def test_the_preview_of_nul_in_a_cell_is_an_error_of_the_row(
    admin: APIClient, acme: Organization
) -> None:
    response = upload(admin, f"{HEADER}A\0B,Lamp,1,1\n")

    assert errors(response.text) == ["2 sku Null characters are not allowed."]


def test_the_preview_of_too_many_rows_is_an_error(admin: APIClient, acme: Organization) -> None:
    response = upload(admin, "sku\n" + "x\n" * (MAX_ROWS + 1))

    assert response.status_code == 400
    assert "The file has more than 10,000 rows. Import it in parts." in response.text


def test_the_preview_without_a_column_that_a_new_item_needs_is_an_error(
    admin: APIClient, desk: Item
) -> None:
    response = upload(admin, "sku,price\nDESK,1\nLAMP,2\n")

    assert errors(response.text) == [
        "3 description The file has no such column, and a new item needs it."
    ]


def test_the_preview_without_a_file_is_an_error(admin: APIClient, acme: Organization) -> None:
    response = admin.post(IMPORT, {}, format="multipart")

    assert response.status_code == 400
    assert "This field is required." in response.text


def test_the_preview_reads_the_items_of_all_rows_with_one_query(
    admin: APIClient, acme: Organization
) -> None:
    def cost(rows: int) -> int:
        content = HEADER + "".join(f"S{number},Item,1,1\n" for number in range(rows))
        with CaptureQueriesContext(connection) as captured:
            assert upload(admin, content).status_code == 200
        return len(statements(captured))

    assert cost(1) == cost(500) == 3
