"""The pages of orders in a browser: with and without JavaScript, by keyboard, on a phone."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import SIZES
from .server import Server
from .visitor import Visitor

OWNER = ("h@gmail.com", "ovious_password1")

COMBINATIONS = list(product(SIZES, ("light", "dark"), (True, False)))
# Each pair of values at least once.
PAIRS = [
    ("desktop", "light", True),
    ("desktop", "dark", False),
    ("phone", "dark", True),
    ("phone", "light", False),
]

PAGES = {
    "list": "/orders/",
    "list-no-match": "/orders/?search=sofa",
    "priced": "/orders/priced/",
    "priced-print": "/orders/priced/print/",
    "priced-no-days": "/orders/priced/?until=2020-01-01",
}

Visit = Callable[[str, str, bool], Visitor]


@pytest.fixture
def visit(browser: Browser, server: Server, axe: str) -> Iterator[Visit]:
    """Return an owner's browser with a size, a scheme, and JavaScript or none."""
    contexts = []

    def visit(size: str, scheme: Any, javascript: bool) -> Visitor:
        width, height = SIZES[size]
        context = browser.new_context(
            base_url=server.url,
            color_scheme=scheme,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            has_touch=size == "phone",
        )
        context.set_default_timeout(15_000)  # milliseconds
        contexts.append(context)
        folder = f"orders-{scheme}-{size}{'' if javascript else '-without-javascript'}"
        # Promises, and so axe-core, do not work without JavaScript.
        visitor = Visitor(context, server, axe=axe if javascript else None, folder=folder)
        visitor.sign_in(*OWNER)
        return visitor

    yield visit
    for context in contexts:
        context.close()


def type_line(page: Page, number: int, item: str, quantity: str) -> None:
    page.get_by_label(f"Item of line {number}").fill(item)
    page.get_by_label(f"Quantity of line {number}").fill(quantity)


def checked(visitor: Visitor, name: str, size: str) -> None:
    """Run axe-core, take a screenshot, and look for a page that is too wide."""
    visitor.name = name
    visitor.check()
    if not visitor.axe:
        visitor.folder.mkdir(parents=True, exist_ok=True)
        visitor.page.screenshot(path=visitor.folder / f"{name}.png", full_page=True)
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]


@pytest.mark.parametrize(("size", "scheme", "javascript"), COMBINATIONS)
def test_an_order_is_placed(visit: Visit, size: str, scheme: str, javascript: bool) -> None:
    visitor = visit(size, scheme, javascript)
    page = visitor.page
    page.goto("/orders/new/")
    checked(visitor, "new", size)
    type_line(page, 1, "TESLA", "2")
    type_line(page, 2, "e", "0")
    if not javascript:
        page.get_by_role("button", name="Update total").last.click()
    expect(page.get_by_text("Several items match.")).to_be_visible()
    checked(visitor, "new-errors", size)

    page.get_by_role("button", name="Huawei").click()
    expect(page.get_by_label("Item of line 2")).to_have_value("HUAWEI")
    page.get_by_label("Quantity of line 2").fill("5")
    page.get_by_role("button", name="Add line").click()
    expect(page.get_by_label("Item of line 4")).to_be_visible()
    page.get_by_role("button", name="Remove line 3").click()
    expect(page.get_by_label("Item of line 4")).to_have_count(0)
    expect(page.locator("#total")).to_contain_text("EUR 20,000.00")
    checked(visitor, "new-filled", size)
    page.get_by_role("button", name="Place order").click()

    expect(page.get_by_text("is placed.")).to_be_visible()
    checked(visitor, "order", size)
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    checked(visitor, "order-cancel", size)
    page.get_by_role("dialog").get_by_role("button", name="Cancel order").click()
    expect(page.get_by_text("is cancelled.")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel order")).to_have_count(0)
    assert visitor.found() == [], visitor.found()


@pytest.mark.parametrize(("size", "scheme", "javascript"), PAIRS)
def test_orders_are_listed_and_priced(
    visit: Visit, size: str, scheme: str, javascript: bool
) -> None:
    visitor = visit(size, scheme, javascript)
    page = visitor.page
    for name, url in PAGES.items():
        page.goto(url)
        checked(visitor, name, size)
    page.goto("/orders/")
    page.get_by_label("Status").select_option("cancelled")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**status=cancelled**")
    expect(page.get_by_label("Status")).to_have_value("cancelled")
    with page.expect_download() as download:
        page.goto("/orders/priced/")
        page.get_by_role("link", name="Download CSV").click()

    assert download.value.suggested_filename.startswith("priced-orders-client1-")
    assert visitor.found() == [], visitor.found()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on the button with this name."""
    button = page.get_by_role("button", name=name).last
    for _ in range(40):
        page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            return
    raise AssertionError(f"Tab does not reach {name}.")


@pytest.mark.parametrize("javascript", [True, False])
def test_the_keyboard_alone_places_an_order(visit: Visit, javascript: bool) -> None:
    visitor = visit("desktop", "light", javascript)
    page, keyboard = visitor.page, visitor.page.keyboard
    page.goto("/orders/new/")

    keyboard.type("tesla")
    keyboard.press("Tab")
    keyboard.type("3")
    keyboard.press("Enter")  # It updates the total.
    expect(page.locator("#total")).to_contain_text("EUR 15,000.00")
    expect(page.get_by_label("Item of line 1")).to_have_value("TESLA")
    tab_to(page, "Add line")
    keyboard.press("Enter")
    expect(page.get_by_label("Item of line 4")).to_be_focused()
    keyboard.type("HUAWEI")
    keyboard.press("Enter")
    expect(page.locator("#total")).to_contain_text("EUR 17,000.00")
    tab_to(page, "Place order")
    keyboard.press("Enter")

    expect(page.get_by_text("is placed.")).to_be_visible()
    expect(page.get_by_role("row", name="Total").last).to_contain_text("EUR 17,000.00")
    assert visitor.found() == [], visitor.found()


def test_typing_goes_on_while_the_total_is_updated(visit: Visit) -> None:
    """A response must not replace the field in which the person types."""
    page = visit("desktop", "light", True).page
    page.goto("/orders/new/")

    page.keyboard.type("TESLA")
    expect(page.locator("#total")).to_contain_text("EUR 5,000.00")
    page.keyboard.press("Tab")
    page.keyboard.type("12", delay=400)

    expect(page.locator("#total")).to_contain_text("EUR 60,000.00")
    expect(page.get_by_label("Quantity of line 1")).to_be_focused()
    expect(page.get_by_label("Quantity of line 1")).to_have_value("12")


def test_a_failed_update_keeps_what_was_typed(visit: Visit) -> None:
    """The session has ended in another tab, or the service does not answer."""
    page = visit("desktop", "light", True).page
    page.goto("/orders/new/")
    page.context.clear_cookies()

    page.keyboard.type("TESLA")

    expect(page.get_by_text("The total is not up to date")).to_be_visible()
    expect(page.get_by_label("Item of line 1")).to_have_value("TESLA")


def test_a_double_click_places_one_order(visit: Visit) -> None:
    page = visit("desktop", "light", True).page
    page.goto("/orders/new/")
    page.keyboard.type("TESLA")
    expect(page.locator("#total")).to_contain_text("EUR 5,000.00")
    page.get_by_role("button", name="Place order").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Order ")
    number = page.get_by_role("heading", level=1).inner_text()

    page.goto("/orders/")

    assert page.get_by_role("row").nth(1).inner_text().startswith(number)
    once = page.get_by_role("row").filter(has_text="1 \N{MULTIPLICATION SIGN} Tesla")
    assert once.count() == 1
