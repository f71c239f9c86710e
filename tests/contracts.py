"""What each tenant app promises, stated beside its own tests and checked by the shared ones.

An app's `tests/<app>/contract.py` holds a `CONTRACT`, so that a new app is in no shared file.
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

# Statuses that the OpenAPI document names for operations that work in an organization or write.
TENANT = {"401", "403", "409"}
WRITES = {"413", "415"}


@dataclass(frozen=True)
class Contract:
    """The app's URLs, who may use them, and what its documentation says.

    Attributes:
        statuses: lines as in the table of `architecture/test_urls.py`.
        rows: makes rows of a user, and returns their primary keys by the names that the URLs of
            `statuses` use.
        admin: for each model with pages in the admin, as in `notes/note`, the name of its row.
        bodies: what to send, by method and URL of `statuses`.
        shows: for each action of the app's `roles.py`, whether a caller may do it, found out by
            requests: `shows[action](client, own, others)`, with rows of the caller and of a
            colleague.
        operations: the statuses that the OpenAPI document names for each operation, apart from
            those of all operations.
        api_links: what the app adds to the answer of `/api/`.
        home_links: paths that the app adds to the first page.
        read_headers: URLs that the hostile sweep sends headers to.
        elsewhere: the parameters of a URL whose form is on another page.
    """

    statuses: str
    rows: Callable[[pytest.FixtureRequest, User], Pks]
    admin: Mapping[str, str]
    bodies: Mapping[tuple[str, str], Any]
    shows: Mapping[Action, Callable[[APIClient, Pks, Pks], bool]]
    operations: Mapping[str, set[str]]
    api_links: Mapping[str, str]
    home_links: set[str] = field(default_factory=set)
    read_headers: set[str] = field(default_factory=set)
    elsewhere: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def _contracts() -> Iterator[tuple[str, Contract]]:
    for path in sorted(Path(__file__).parent.glob("*/contract.py")):
        app = path.parent.name
        yield app, import_module(f"tests.{app}.contract").CONTRACT


CONTRACTS = dict(_contracts())
