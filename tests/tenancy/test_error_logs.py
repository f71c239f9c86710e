"""An error of PostgreSQL is logged without the row that it refused."""

import logging
from io import StringIO

import pytest
from django.db import IntegrityError, transaction

from shared_apps.users.models import User


def test_the_values_of_a_refused_row_are_not_logged(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = StringIO()
    (handler,) = [each for each in logging.getLogger().handlers if each.name == "stderr"]
    monkeypatch.setattr(handler, "stream", written)
    row = {"email": "ada@secret.example", "password": "argon2$secret", "name": None}
    with pytest.raises(IntegrityError, match="secret") as refused, transaction.atomic():
        User.objects.create(**row)

    logging.getLogger("django.request").error("Refused", exc_info=refused.value)

    assert "violates not-null constraint" in written.getvalue()
    assert "secret" not in written.getvalue()
