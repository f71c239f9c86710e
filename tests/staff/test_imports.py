"""Imports with a preview, of all rows or none."""

import json
import random
import sys
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shared_apps.audit.models import AuditEntry
from shared_apps.organizations.models import Organization
from shared_apps.staff.formats import MAX_ROWS
from shared_apps.staff.imports import MAX_SIZE, UploadInForm
from shared_apps.webhooks.models import Delivery
from tenant_apps.items.models import Item
from tests.webhooks.fixtures import Hook

from .conftest import Browser
from .test_items import ITEMS, items

HEADER = "sku,description,price,is_active\n"
LAMP = f"{HEADER}LAMP,Lamp,30,1\n"


def upload(
    browser: Browser, organization: Organization, text: str | bytes, file_format: str = "0"
) -> Any:
    content = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile("items.csv", content)
    form = {"format": file_format, "import_file": file}
    return browser.send(f"{ITEMS}import/", form, organization)


def confirm(browser: Browser, organization: Organization, preview: Any, **forged: str) -> str:
    """Confirm the preview, and return the next page."""
    form = preview.context["confirm_form"].initial
    data = {**form, "_organization": organization.schema_name, **forged}
    page: str = browser.post(f"{ITEMS}process_import/", data, follow=True).content.decode()
    return page


def test_an_import_writes_nothing_before_the_confirmation(
    browser: Browser, acme: Organization, desk: Item
) -> None:
    text = "sku,description,price,is_active\nDESK,Walnut desk,270,1\nLAMP,Lamp,30,1\n"

    preview = upload(browser, acme, text)

    assert "LAMP" in preview.content.decode()
    assert items(acme) == [("DESK", Decimal(250), True)]

    confirm(browser, acme, preview)

    assert items(acme) == [("DESK", Decimal(270), True), ("LAMP", Decimal(30), True)]
    assert LogEntry.objects.count() == 2
    audited = AuditEntry.objects.latest("pk")
    assert {change["row"] for change in audited.data["changes"]} == {"Walnut desk", "Lamp"}


def test_each_row_that_an_import_writes_is_an_event(
    browser: Browser, acme: Organization, desk: Item, hook: Hook, local: None
) -> None:
    """The preview saves the rows, too, and is rolled back with their events."""
    hook("http://127.0.0.1:9999/", events=["item.changed"])
    text = f"{LAMP}DESK,Oak desk,270,1\n"

    preview = upload(browser, acme, text)

    assert not Delivery.objects.exists()

    confirm(browser, acme, preview)

    sent = [json.loads(each.body)["data"] for each in Delivery.objects.order_by("pk")]
    assert [(item["sku"], item["description"], item["price"]) for item in sent] == [
        ("LAMP", "Lamp", "30.00"),
        ("DESK", "Oak desk", "270.00"),
    ]


def test_the_preview_shows_errors_of_rows(browser: Browser, acme: Organization) -> None:
    text = "sku,description,price,is_active\nLAMP,Lamp,-1,1\nDESK,Desk,1.999,1\nA,A,x,1\n"

    page = upload(browser, acme, text).content.decode()

    assert "Ensure this value is greater than or equal to 0" in page
    assert "Enter a number." in page
    assert "no more than 2 decimal places" in page
    assert "Confirm import" not in page
    assert items(acme) == []


def test_a_second_confirmation_imports_nothing(browser: Browser, acme: Organization) -> None:
    preview = upload(browser, acme, LAMP)
    confirm(browser, acme, preview)

    page = confirm(browser, acme, preview)

    assert "0 new, 0 updated, 0 deleted and 1 skipped" in page
    assert items(acme) == [("LAMP", Decimal(30), True)]


def test_a_row_that_fails_after_the_preview_rolls_back_all_rows(
    browser: Browser, acme: Organization
) -> None:
    preview = upload(browser, acme, f"{LAMP}RUG,Rug,80,1\n")
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE acme.tenantry_items_item ADD CONSTRAINT no_rugs CHECK (sku <> 'RUG')"
        )
    before = AuditEntry.objects.count()

    page = confirm(browser, acme, preview)

    assert "Nothing was imported. New errors since the preview: 1." in page
    assert "Row 2: " in page
    assert "no_rugs" in page
    assert items(acme) == []
    assert (LogEntry.objects.count(), AuditEntry.objects.count()) == (0, before)


def test_a_row_that_a_newer_release_rejects_rolls_back_all_rows(
    browser: Browser, acme: Organization
) -> None:
    """An older release made the preview."""
    preview = upload(browser, acme, LAMP)
    file = UploadInForm(encoding="utf-8-sig")
    file.save(f"{LAMP}RUG,Rug,-1,1\n".encode())

    page = confirm(browser, acme, preview, import_file_name=file.name)

    assert "Row 2, price: " in page
    assert "greater than or equal to 0" in page
    assert items(acme) == []


@pytest.mark.parametrize(
    "forged",
    [
        {"import_file_name": "passwd"},
        {"import_file_name": "../../etc/passwd"},
        {"import_file_name": ""},
        {"format": "7"},
        {"format": "x"},
    ],
    ids=str,
)
def test_a_forged_confirmation_imports_nothing(
    browser: Browser, acme: Organization, forged: dict[str, str]
) -> None:
    preview = upload(browser, acme, LAMP)
    before = AuditEntry.objects.count()

    page = confirm(browser, acme, preview, **forged)

    assert "Nothing was imported. Choose the file again." in page
    assert "File to import" in page
    assert items(acme) == []
    assert AuditEntry.objects.count() == before


def test_an_upload_leaves_no_file_on_disk(
    browser: Browser, acme: Organization, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    confirm(browser, acme, upload(browser, acme, LAMP))
    upload(browser, acme, f"{HEADER}LAMP,Lamp,-1,1\n")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("letter", ["a", "é", "\u4e2d"])
def test_a_large_preview_can_be_confirmed(
    browser: Browser, acme: Organization, letter: str
) -> None:
    rows = "".join(f"{n},{letter * 60},{n}.00,1\n" for n in range(40))

    preview = upload(browser, acme, HEADER + rows)

    assert 'enctype="multipart/form-data"' in preview.content.decode()
    assert "40 new" in confirm(browser, acme, preview)


def test_a_file_that_is_too_large_is_an_error_on_the_form(
    browser: Browser, acme: Organization
) -> None:
    page = upload(browser, acme, LAMP + " " * MAX_SIZE).content.decode()

    assert "Import it in parts" in page
    assert "Confirm import" not in page


def test_the_largest_file_fits_into_the_confirmation_form(settings: Any) -> None:
    file = UploadInForm(encoding="utf-8-sig")

    file.save(random.Random(1).randbytes(MAX_SIZE))

    assert len(file.name) * 1.1 < settings.DATA_UPLOAD_MAX_MEMORY_SIZE


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"nonsense", b"sku\n\n"])
def test_a_file_of_another_format_is_an_error_on_the_form(
    browser: Browser, acme: Organization, content: bytes
) -> None:
    response = upload(browser, acme, content)

    assert response.status_code == 200
    assert "Confirm import" not in response.content.decode()


@pytest.mark.parametrize("content", ["[[1]]", "[{}]", "{}", "null", "1", "[" * 5_000])
def test_json_of_another_structure_is_an_error_on_the_form(
    browser: Browser, acme: Organization, content: str
) -> None:
    response = upload(browser, acme, content, file_format="1")

    assert response.status_code == 200
    assert response.context["form"].errors.keys() == {"import_file"}


def test_a_file_with_too_many_rows_is_rejected_before_any_query(
    browser: Browser, acme: Organization
) -> None:
    rows = "A,A,1,1\n" * (MAX_ROWS + 1)

    with CaptureQueriesContext(connection) as captured:
        page = upload(browser, acme, f"{HEADER}{rows}").content.decode()

    assert "The file has more than 1,000 rows. Import it in parts." in page
    assert "tenantry_items_item" not in str(captured.captured_queries)


def test_the_work_of_an_import_grows_linearly(
    browser: Browser, acme: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cost(rows: int) -> tuple[int, int]:
        """Return the numbers of statements and of function calls of a preview."""
        calls = 0

        def count(frame: object, event: str, argument: object) -> None:
            nonlocal calls
            calls += event == "call"

        text = HEADER + "".join(f"{n},Lamp {n},1,1\n" for n in range(rows))
        with CaptureQueriesContext(connection) as captured:
            sys.setprofile(count)
            try:
                upload(browser, acme, text)
            finally:
                sys.setprofile(None)
        return len(captured), calls

    cost(1)  # Fills caches.
    (few, work), (more, more_work), (most, most_work) = map(cost, (20, 40, 80))

    assert more - few <= 20 * 4  # Savepoint, INSERT, event for webhooks, release.
    assert most - more <= 40 * 4
    assert most_work - more_work < 2.2 * (more_work - work)


def test_the_last_row_with_a_key_is_saved(browser: Browser, acme: Organization, desk: Item) -> None:
    text = f"{HEADER}LAMP,Lamp,1,1\nDESK,Desk,1,1\nLAMP,Lamp,2,1\n"

    confirm(browser, acme, upload(browser, acme, text))

    assert items(acme) == [("DESK", Decimal(1), True), ("LAMP", Decimal(2), True)]


@pytest.mark.parametrize("text", ["A\0,A,1,1\n", "A,A\0,1,1\n", "A,A,1\0,1\n", "A,A,1,\0\n"])
def test_a_cell_with_nul_is_an_error_of_its_row(
    browser: Browser, acme: Organization, text: str
) -> None:
    page = upload(browser, acme, f"{HEADER}B,B,1,1\n{text}").content.decode()

    assert "Remove the NUL characters" in page
    assert "Confirm import" not in page
