"""The browser enforces the Content-Security-Policy: an injected script does not run."""

from playwright.sync_api import Page

from .conftest import SignIn

# Injects a script as unescaped markup would. The event of a blocked script comes after it.
INJECT = """() => new Promise((done) => {
    document.addEventListener("securitypolicyviolation", (e) => done(e.effectiveDirective));
    const script = document.createElement("script");
    script.textContent = "window.injected = true";
    document.body.append(script);
    if (window.injected) done("it ran");
})"""
INJECT_EXTERNAL = INJECT.replace(
    'script.textContent = "window.injected = true"', 'script.src = "https://evil.example/a.js"'
)


def assert_enforced(page: Page) -> None:
    assert page.evaluate(INJECT) == "script-src-elem"
    assert page.evaluate(INJECT_EXTERNAL) == "script-src-elem"


def test_a_member_s_page_runs_only_our_scripts(sign_in: SignIn) -> None:
    assert_enforced(sign_in("mia@example.com", goto="/api/me/"))


def test_the_admin_runs_only_our_scripts(sign_in: SignIn) -> None:
    assert_enforced(sign_in("olga@staff.example", goto="/admin/"))


def test_the_api_documentation_renders(sign_in: SignIn) -> None:
    page = sign_in("mia@example.com", goto="/api/me/")
    page.goto("/api/docs/")

    page.get_by_text("/api/orders/priced/").wait_for()
