"""Facts about each tenant app for the shared tests: its URLs, permissions and documentation.

They are in `CONTRACT` of `tests/<app>/contract.py`, so a new app changes no shared file.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from shared_apps.organizations.roles import Action
from shared_apps.users.models import User

Pks = Mapping[str, int]

# Documented statuses of operations in an organization, and of operations with a body.
TENANT = {"401", "403", "409"}
WRITES = {"413", "415"}


@dataclass(frozen=True)
class Contract:
    """Facts about one app.

    Attributes:
        statuses: lines as in the table of `architecture/test_urls.py`.
        rows: creates rows of a user, and returns their primary keys by the names in the URLs of
            `statuses`.
        admin: model with pages in the admin, like `notes/note`, to the name of its row.
        bodies: bodies to send, by method and URL of `statuses`.
        shows: for each action of the app's `roles.py`, a function that sends requests and returns
            whether the caller may do it: `shows[action](client, own, others)`, with rows of the
            caller and of a colleague.
        operations: the documented statuses of each operation, without those of all operations.
        api_links: links that the app adds to `/api/`.
        navigation: paths that the app adds to the navigation.
        read_headers: URLs to which the hostile sweep sends headers.
        elsewhere: the parameters of a URL if its form is on another page.
    """

    statuses: str
    rows: Callable[[pytest.FixtureRequest, User], Pks]
    admin: Mapping[str, str]
    bodies: Mapping[tuple[str, str], Any]
    shows: Mapping[Action, Callable[[APIClient, Pks, Pks], bool]]
    operations: Mapping[str, set[str]]
    api_links: Mapping[str, str]
    navigation: set[str] = field(default_factory=set)
    read_headers: set[str] = field(default_factory=set)
    elsewhere: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def _contracts() -> Iterator[tuple[str, Contract]]:
    for path in sorted(Path(__file__).parent.glob("*/contract.py")):
        app = path.parent.name
        yield app, import_module(f"tests.{app}.contract").CONTRACT


CONTRACTS = dict(_contracts())
