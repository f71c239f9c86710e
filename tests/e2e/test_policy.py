"""The browser enforces the Content-Security-Policy: an injected script does not run."""

from playwright.sync_api import BrowserContext, Page, expect

from .conftest import SignIn
from .mails import open_mails, send_mail
from .server import Server

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


def test_the_html_of_a_mail_runs_no_script(context: BrowserContext, server: Server) -> None:
    page = context.new_page()
    send_mail(server, "script@example.com")
    open_mails(page, to="script@example.com")
    page.get_by_role("link", name="script@example.com").click()

    mail = page.frame_locator("iframe.mail")
    expect(mail.locator("h1")).to_be_visible()  # A change before the frame has loaded is lost.

    page.evaluate(
        """() => {
            const frame = document.querySelector("iframe.mail");
            frame.srcdoc += "<script>document.title = 'It ran'</script><p id=added>Added</p>";
        }"""
    )

    expect(mail.locator("#added")).to_be_attached()
    assert page.frames[1].title() == "Mail works"
