"""The pages of items: create, change, a lost update, archive, CSV; also without JavaScript."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from .conftest import SIZES, SignIn
from .server import Server
from .visitor import Visitor

OWNER = ("h@gmail.com", "ovious_password1")
HEADER = "sku,description,price,is_active\n"


@pytest.fixture
def without_javascript(browser: Browser, server: Server) -> Iterator[Visitor]:
    context = browser.new_context(base_url=server.url, java_script_enabled=False)
    yield Visitor(context, server)
    context.close()


def check(visitor: Visitor, name: str) -> None:
    visitor.name = name
    visitor.check()


def fill(page: Page, **values: str) -> None:
    for label, value in values.items():
        page.get_by_label(label.capitalize()).fill(value)


def file_of(rows: str) -> FilePayload:
    return {"name": "items.csv", "mimeType": "text/csv", "buffer": (HEADER + rows).encode()}


def create(visitor: Visitor, sku: str) -> None:
    """Create an item, after an amount with too many decimals."""
    page = visitor.page
    page.goto("/items/")
    check(visitor, "items")
    page.get_by_role("link", name="New item").click()
    check(visitor, "items-new")
    visitor.name = "items-error"
    fill(page, sku=sku, description="A lamp of brass with a green shade", price="20.505")
    page.get_by_role("button", name="Create item").click()
    expect(page.get_by_label("Price")).to_have_accessible_description(
        "Ensure that there are no more than 2 decimal places."
    )
    visitor.check()
    fill(page, price="20,50")
    page.get_by_role("button", name="Create item").click()
    expect(page.get_by_text("was created.")).to_be_visible()
    expect(page.get_by_text("EUR 20.50")).to_be_visible()
    check(visitor, "item")


def change_in_two_tabs(visitor: Visitor) -> None:
    """Open the form in two tabs, save both, and save the second version over the first."""
    page = visitor.page
    page.get_by_role("link", name="Change", exact=True).click()
    check(visitor, "item-change")
    other = page.context.new_page()
    other.goto(page.url)
    fill(other, price="25")
    other.get_by_role("button", name="Save").click()
    expect(other.get_by_text("was saved.")).to_be_visible()
    other.close()
    visitor.name = "item-conflict"
    fill(page, description="A lamp of steel")
    page.get_by_role("button", name="Save").click()
    both = page.get_by_role("region", name="Both versions")
    expect(both.get_by_role("row", name="Description differs")).to_contain_text("A lamp of steel")
    expect(both.get_by_role("row", name="Price differs")).to_contain_text("EUR 25.00")
    visitor.check()
    page.get_by_role("button", name="Save your version").click()
    expect(page.get_by_role("heading", name="A lamp of steel")).to_be_visible()
    expect(page.get_by_text("EUR 20.50")).to_be_visible()


def archive_and_bring_back(visitor: Visitor, sku: str) -> None:
    page = visitor.page
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("was archived.")).to_be_visible()
    check(visitor, "item-archived")
    page.goto("/items/")
    expect(page.get_by_role("link", name=sku)).to_have_count(0)
    page.get_by_role("link", name="Archived").click()
    check(visitor, "items-archived")
    page.get_by_role("link", name=sku).click()
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_text("can be ordered again.")).to_be_visible()


def import_a_file(visitor: Visitor, sku: str) -> None:
    """Choose a file with errors, then a right one, and import it."""
    page = visitor.page
    page.goto("/items/")
    page.get_by_role("link", name="Import").click()
    check(visitor, "items-import")
    visitor.name = "items-import-errors"
    page.get_by_label("CSV file").set_input_files(file_of(f"{sku},Lamp,1.999,1\n{sku},,x,1\n"))
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("row", name="3 price Enter a number.")).to_be_visible()
    visitor.check()
    rows = f"{sku},A lamp of copper,30,1\n{sku}-2,A second lamp,40.50,1\n{sku}-3,A third,5,0\n"
    page.get_by_label("CSV file").set_input_files(file_of(rows))
    page.get_by_role("button", name="Show what changes").click()
    changed = page.get_by_role("row").filter(has_text="A lamp of copper")
    expect(changed).to_contain_text("A lamp of steel")
    check(visitor, "items-import-preview")
    page.get_by_role("button", name="Import 3 rows").click()
    expect(page.get_by_text("Imported: 2 new, 1 changed.")).to_be_visible()


def export(visitor: Visitor, sku: str, folder: Path) -> None:
    """Search, and download what was found."""
    page = visitor.page
    page.get_by_role("searchbox").fill(sku)
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("2 items")).to_be_visible()
    check(visitor, "items-found")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    download.value.save_as(folder / "items.csv")
    assert (folder / "items.csv").read_text("utf-8-sig").splitlines() == [
        HEADER.strip(),
        f"{sku},A lamp of copper,30.00,1",
        f"{sku}-2,A second lamp,40.50,1",
    ]


def walk(visitor: Visitor, sku: str, folder: Path) -> None:
    visitor.sign_in(*OWNER)
    create(visitor, sku)
    change_in_two_tabs(visitor)
    archive_and_bring_back(visitor, sku)
    import_a_file(visitor, sku)
    export(visitor, sku, folder)


def test_pages_of_items(visitor: Visitor, size: str, scheme: str, tmp_path: Path) -> None:
    page, width = visitor.page, SIZES[size][0]

    walk(visitor, f"LAMP-{size}-{scheme}".upper(), tmp_path)
    visitor.visit({"items-none": "/items/?search=nothing+is+called+so"})

    for url in ("/items/", "/items/new/", "/items/import/", "/items/1/", "/items/1/change/"):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert visitor.found() == []


def test_pages_of_items_without_javascript(without_javascript: Visitor, tmp_path: Path) -> None:
    walk(without_javascript, "LAMP-NO-SCRIPT", tmp_path)

    assert without_javascript.found() == []


def test_the_slash_goes_to_the_search(visitor: Visitor) -> None:
    visitor.sign_in(*OWNER)
    visitor.page.goto("/items/")

    visitor.page.keyboard.press("/")

    expect(visitor.page.get_by_role("searchbox")).to_be_focused()


def test_the_list_is_searched_while_a_person_types(sign_in: SignIn, server: Server) -> None:
    page = sign_in(OWNER[0], goto="/items/", password=OWNER[1])
    expect(page.get_by_role("link", name="HUAWEI")).to_be_visible()

    page.get_by_role("searchbox").press_sequentially("tes")

    expect(page.get_by_role("link", name="HUAWEI")).to_have_count(0)
    expect(page.get_by_role("link", name="TESLA")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/items/\?search=tes$"))
    expect(page.get_by_role("searchbox")).to_be_focused()
    assert server.errors() == []
