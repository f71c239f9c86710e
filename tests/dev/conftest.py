from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dev.checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path / "a b" / "c's $HOME")
    yield checkout
    checkout.postgres("stop")
