"""Who acts with an organization's key: no person."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """Takes the place of a user in `request.user`, as far as Django and DRF ask one.

    Attributes:
        key_id: the primary key of the ApiToken.
        name: the key's name.
        prefix: the key's first letters.
    """

    key_id: int
    name: str
    prefix: str

    pk = None
    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    @property
    def email(self) -> str:
        """How the audit log names it."""
        return f"key {self.name} ({self.prefix})"

    def __str__(self) -> str:
        return self.email
