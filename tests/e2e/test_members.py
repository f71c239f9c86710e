"""A member of two organizations in the browsable API."""

import json

from playwright.sync_api import BrowserContext, Page, expect

from .conftest import SignIn

MIA = "mia@example.com"
ORDER = {"lines": [{"item": 1, "quantity": 2}]}


def switch(page: Page, name: str) -> None:
    page.get_by_label("Organization to work in").select_option(label=name)
    page.get_by_role("button", name="Switch").click()
    expect(page.get_by_role("listitem").filter(has_text=f"{MIA} in {name}")).to_be_visible()


def send_raw(page: Page) -> None:
    page.get_by_role("link", name="Raw data").click()
    page.locator("textarea[name=_content]:visible").fill(json.dumps(ORDER))
    page.locator("button:visible", has_text="POST").click()


def test_a_member_switches_and_orders_with_the_raw_data_form(sign_in: SignIn) -> None:
    page = sign_in(MIA, goto="/api/orders/")

    switch(page, "Client 2")
    send_raw(page)
    expect(page.get_by_text("HTTP 201 Created")).to_be_visible()
    expect(page.get_by_text('"2000.00"').first).to_be_visible()

    page.goto("/api/orders/priced/")
    switch(page, "Client 1")
    expect(page.get_by_text('"count": 0')).to_be_visible()


def test_a_page_of_the_other_organization_cannot_write(
    context: BrowserContext, sign_in: SignIn
) -> None:
    first = sign_in(MIA, goto="/api/orders/")
    switch(first, "Client 1")
    second = context.new_page()
    second.goto("/api/me/")
    second.goto("/api/orders/")
    switch(second, "Client 2")

    send_raw(first)

    expect(first.get_by_text("is for another organization")).to_be_visible()
    second.goto("/api/orders/priced/")
    second.goto("/api/me/")
    switch(second, "Client 1")
    second.goto("/api/orders/priced/")
    expect(second.get_by_text('"count": 0')).to_be_visible()


def test_a_member_orders_with_the_form_and_cancels_with_the_button(sign_in: SignIn) -> None:
    page = sign_in(MIA, goto="/api/orders/")
    switch(page, "Client 1")

    page.get_by_label("Item of line 1").fill("1")
    page.get_by_label("Quantity of line 1").fill("3")
    page.get_by_label("Item of line 2").fill("2")
    page.get_by_label("Quantity of line 2").fill("0")
    page.locator("button:visible", has_text="POST").click()
    expect(page.get_by_text("HTTP 400 Bad Request")).to_be_visible()
    page.get_by_label("Quantity of line 2").fill("1")
    page.locator("button:visible", has_text="POST").click()
    expect(page.get_by_text("HTTP 201 Created")).to_be_visible()
    expect(page.get_by_text('"17000.00"')).to_be_visible()

    page.goto("/api/orders/?ordering=-id&page_size=1")
    order = page.locator(".response-info").inner_text().partition('"id": ')[2].partition(",")[0]
    page.goto(f"/api/orders/{order}/")
    expect(page.get_by_role("button", name="Fulfil")).to_have_count(0)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text('"cancelled"')).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_the_form_archives_and_restores_an_item(sign_in: SignIn) -> None:
    page = sign_in("h@gmail.com", goto="/api/items/1/", password="ovious_password1")
    box = page.get_by_label("Is active")

    for is_active in ("false", "true"):
        box.set_checked(is_active == "true")
        page.locator("button:visible", has_text="PUT").click()
        expect(page.locator(".response-info")).to_contain_text(f'"is_active": {is_active}')
