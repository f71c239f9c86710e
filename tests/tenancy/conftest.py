import pytest

from .schemas import EVERYTHING, create, create_extensions


@pytest.fixture
def everything(db: None) -> str:
    """A schema with an object of each kind."""
    create_extensions()
    return create("everything", EVERYTHING)
