from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from .schemas import EVERYTHING, create_extensions, existing


@pytest.fixture(scope="module")
def everything(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A schema with an object of each kind; each test undoes what it changes."""
    with django_db_blocker.unblock():
        create_extensions()
        with existing("everything", EVERYTHING):
            yield "everything"
