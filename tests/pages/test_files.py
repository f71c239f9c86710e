"""The stylesheet and the scripts of members' pages are small, and come from this host."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from shared_apps.pages.navigation import entries
from shared_apps.users.models import User
from tests.scratch import ROOT

AT_MOST = 50_000  # bytes, compressed
STYLES = ROOT / "static" / "tenantry" / "site.css"


def file_of(url: str) -> Path:
    found = finders.find(url.removeprefix("/static/"))
    assert found, url
    return Path(found)


@pytest.fixture
def page(client: Client, bob: User) -> str:
    client.force_login(bob)
    return client.get("/members/").text


def test_styles_and_scripts_together_are_small(page: str) -> None:
    urls = re.findall(r'(?:src|href)="([^"]+\.(?:js|css))"', page)

    assert len(urls) == 3
    assert sum(len(gzip.compress(file_of(url).read_bytes())) for url in urls) < AT_MOST


def test_every_file_is_of_this_host(page: str) -> None:
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


def test_the_fonts_of_the_stylesheet_exist() -> None:
    fonts = re.findall(r'url\("\.\./([^"]+)"\)', STYLES.read_text())

    assert fonts
    for font in fonts:
        assert file_of(f"/static/{font}").suffix == ".woff2"


def test_every_icon_of_the_navigation_exists() -> None:
    icons = re.findall(r'<symbol id="([^"]+)"', file_of("/static/tenantry/icons.svg").read_text())

    assert {entry.icon for entry in entries()} <= {*icons}


def test_htmx_evaluates_nothing_and_stores_no_page(page: str) -> None:
    assert '"allowEval": false' in page
    assert '"includeIndicatorStyles": false' in page
    assert '"historyCacheSize": 0' in page
