"""A browser holds the Content-Security-Policy: what was smuggled into a page does not run."""

from playwright.sync_api import Page

from .conftest import SignIn

# As markup that was not escaped would do it. A refused script is told of after it.
SMUGGLE = """() => new Promise((done) => {
    document.addEventListener("securitypolicyviolation", (e) => done(e.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "window.smuggled = true";
    document.body.append(script);
    if (window.smuggled) done("it ran");
})"""
FROM_ELSEWHERE = SMUGGLE.replace(
    'script.textContent = "window.smuggled = true"', 'script.src = "https://evil.example/a.js"'
)


def assert_holds(page: Page) -> None:
    assert page.evaluate(SMUGGLE) == "script-src-elem"
    assert page.evaluate(FROM_ELSEWHERE) == "script-src-elem"


def test_a_member_s_page_runs_no_script_but_ours(sign_in: SignIn) -> None:
    assert_holds(sign_in("mia@example.com", goto="/api/me/"))


def test_the_admin_runs_no_script_but_ours(sign_in: SignIn) -> None:
    assert_holds(sign_in("olga@staff.example", goto="/admin/"))


def test_the_api_s_documentation_is_drawn(sign_in: SignIn) -> None:
    page = sign_in("mia@example.com", goto="/api/me/")
    page.goto("/api/docs/")

    page.get_by_text("/api/orders/priced/").wait_for()
