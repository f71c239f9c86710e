from collections.abc import Iterator
from itertools import count

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import serve
from tests.e2e.seed import PASSWORD
from tests.e2e.server import Server
from tests.scratch import scratch_database

from .steps import add_device

NUMBERS = count()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The service at http://localhost, where browsers have passkeys without TLS."""
    more = {"STAFF_SECOND_FACTOR": "true", "THROTTLE_SECOND_FACTOR": "0"}
    mails = tmp_path_factory.mktemp("mails")
    with scratch_database("factors") as url, serve(url, mails, **more) as server:
        server.url = server.url.replace("127.0.0.1", "localhost")
        yield server


@pytest.fixture
def email(server: Server) -> str:
    """A new user of client1."""
    email = f"ada{next(NUMBERS)}@example.com"
    server.run(
        "from shared_apps.organizations.models import Organization;"
        "from shared_apps.organizations.services import membership_create;"
        "from shared_apps.users.models import User;"
        f"ada = User.objects.create_user('{email}', '{PASSWORD}', name='Ada');"
        "client1 = Organization.objects.get(schema_name='client1');"
        "membership_create(user=ada, organization=client1, role='member')"
    )
    return email


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """A page without JavaScript."""
    with browser.new_context(base_url=server.url, java_script_enabled=False) as context:
        context.set_default_timeout(15_000)  # milliseconds
        yield context.new_page()


@pytest.fixture
def passkeys(browser: Browser, server: Server) -> Iterator[Page]:
    """A page of a browser with a device that confirms passkeys; errors of the console fail."""
    with browser.new_context(base_url=server.url) as context:
        context.set_default_timeout(15_000)
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        add_device(context, page)
        yield page
        assert errors + server.errors() == []
