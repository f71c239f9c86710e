"""/items/import/confirm/: all rows of a CSV file, or none."""

import json
from random import Random

import pytest
from django.db import connection
from rest_framework.test import APIClient

from shared_apps.organizations.models import Organization
from shared_apps.staff.imports import MAX_SIZE, UploadInForm
from shared_apps.users.models import User
from shared_apps.webhooks.models import Delivery
from tenant_apps.items.models import Item
from tests.conftest import SessionOf
from tests.items.fixtures import DESK_ID
from tests.webhooks.fixtures import Hook

from .csv_steps import HEADER, LAMP, STORED_DESK, STORED_LAMP, confirm, errors, imported, upload
from .test_pages import text
from .test_pages_write import stored


def test_the_import_creates_and_changes_items(admin: APIClient, desk: Item) -> None:
    content = f"{HEADER}LAMP,Lamp,30,1\nDESK,Oak desk,270,0\n"

    response = imported(admin, content)

    assert (response.status_code, response["Location"]) == (302, "/items/")
    assert "Imported: 1 new, 1 changed." in admin.get("/items/").text
    assert sorted(stored()) == [("DESK", "Oak desk", "270.00", False), STORED_LAMP]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffsku,description,price\nLAMP,Lamp,30\n",
        "sku;description;price\r\nLAMP;Lamp;30,00\r\n",
        "SKU\tDescription\tPrice\rLAMP\tLamp\t30\r",
        "\n\n Sku , DESCRIPTION,price,,\n\n LAMP , Lamp ,30.0,,\n,,,,\n",
        'price,sku,description,is_active\n"30",LAMP,"Lamp",yes\n',
        "sku,description,price,is_active\nLAMP,Lamp,30,\n",
        "sku,description,price,colour\nLAMP,Lamp,30,red\n",
    ],
)
def test_the_import_reads_files_of_spreadsheets(
    admin: APIClient, acme: Organization, content: str
) -> None:
    assert imported(admin, content).status_code == 302
    assert stored() == [STORED_LAMP]


def test_the_import_takes_any_file_that_was_small_enough_to_upload(
    admin: APIClient, acme: Organization
) -> None:
    """The form has the file, and text that cannot be compressed makes it larger."""
    random = Random(7)
    letters = "".join(map(chr, range(0x4E00, 0x9000)))
    rows = (f"S{n},{''.join(random.choices(letters, k=255))},1,1\n" for n in range(1_280))
    content = (HEADER + "".join(rows)).encode()
    assert 0.98 * MAX_SIZE < len(content) < MAX_SIZE

    assert imported(admin, content).status_code == 302


def test_the_import_keeps_the_columns_that_the_file_does_not_have(
    admin: APIClient, desk: Item
) -> None:
    imported(admin, "sku,price,is_active\nDESK,1,\n")

    assert stored() == [("DESK", "Acme desk", "1.00", True)]


def test_a_confirmation_twice_writes_once(admin: APIClient, acme: Organization) -> None:
    preview = upload(admin, LAMP)

    assert [confirm(admin, preview).status_code for _ in range(2)] == [302, 302]
    assert stored() == [STORED_LAMP]


def test_a_confirmation_after_a_change_of_an_item_shows_the_new_preview(
    admin: APIClient, desk: Item
) -> None:
    """Somebody else's change between preview and confirmation is not lost."""
    preview = upload(admin, f"{HEADER}DESK,Acme desk,270,1\nLAMP,Lamp,30,1\n")
    admin.patch(f"/api/items/{DESK_ID}/", {"price": "999"})

    conflict = confirm(admin, preview)

    assert conflict.status_code == 409
    assert "items have changed since you saw the preview" in conflict.text
    assert "price EUR 999.00 EUR 270.00" in text(conflict.text)
    assert stored() == [("DESK", "Acme desk", "999.00", True)]
    assert confirm(admin, conflict).status_code == 302
    assert stored()[-1] == ("DESK", "Acme desk", "270.00", True)


def test_the_import_writes_no_row_if_one_fails(admin: APIClient, acme: Organization) -> None:
    preview = upload(admin, f"{LAMP}RUG,Rug,80,1\n")
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE acme.tenantry_items_item ADD CONSTRAINT no_rugs CHECK (sku <> 'RUG')"
        )

    assert confirm(admin, preview).status_code == 400
    assert stored() == []


def test_the_import_emits_the_event_of_each_row(
    admin: APIClient, desk: Item, hook: Hook, local: None
) -> None:
    hook("http://127.0.0.1:9999/", events=["item.changed"])

    preview = upload(admin, f"{LAMP}DESK,Oak desk,270,1\n")
    assert not Delivery.objects.exists()
    confirm(admin, preview)

    sent = [json.loads(each.body)["data"] for each in Delivery.objects.order_by("pk")]
    shown = [admin.get(f"/api/items/{each['id']}/").json() for each in sent]
    assert sent == shown
    assert [each["sku"] for each in sent] == ["LAMP", "DESK"]


@pytest.mark.parametrize("file", ["", "passwd", "../../etc/passwd", "a:b:c"])
def test_a_confirmation_of_a_forged_file_asks_for_the_file(
    admin: APIClient, acme: Organization, file: str
) -> None:
    response = confirm(admin, upload(admin, LAMP), file=file)

    assert response.status_code == 400
    assert "The file differs from the preview." in response.text
    assert stored() == []


def test_a_confirmation_of_a_file_of_the_admin_in_another_encoding_asks_for_the_file(
    admin: APIClient, acme: Organization
) -> None:
    file = UploadInForm()
    file.save("sku\nSCHRÄNK\n".encode("latin-1"))

    response = confirm(admin, upload(admin, LAMP), file=file.name)

    assert response.status_code == 400
    assert "The file differs from the preview." in response.text


def test_a_confirmation_of_a_file_that_a_newer_release_rejects_asks_for_another_one(
    admin: APIClient, acme: Organization
) -> None:
    file = UploadInForm()
    file.save(f"{LAMP}RUG,Rug,-1,1\n".encode())

    response = confirm(admin, upload(admin, LAMP), file=file.name)

    assert response.status_code == 400
    assert errors(response.text) == ["3 price Ensure this value is greater than or equal to 0."]
    assert stored() == []


def test_a_confirmation_of_a_stale_tab_is_409(admin: APIClient, acme: Organization) -> None:
    preview = upload(admin, LAMP)

    assert upload(admin, LAMP, _organization="globex").status_code == 409
    assert confirm(admin, preview, _organization="globex").status_code == 409
    assert stored() == []


def test_a_confirmation_of_a_member_is_403(
    session_of: SessionOf, bob: User, admin: APIClient, acme: Organization
) -> None:
    preview = upload(admin, LAMP)

    assert upload(session_of(bob), LAMP).status_code == 403
    assert confirm(session_of(bob), preview).status_code == 403
    assert stored() == []


def test_the_import_never_touches_another_organization(
    session_of: SessionOf, charlie: User, admin: APIClient, desk: Item, globex_desk: Item
) -> None:
    imported(session_of(charlie), f"{HEADER}DESK,Mine,1,1\n")

    assert stored() == [STORED_DESK]
