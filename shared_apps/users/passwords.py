"""How long a password may be."""

from django.core.exceptions import ValidationError

MAX_PASSWORD = 4096  # characters


class MaximumLengthValidator:
    """Rejects a password that is longer than a sign-in accepts."""

    def validate(self, password: str, user: object = None) -> None:
        """Check a password.

        Raises:
            ValidationError: `password_too_long`.
        """
        if len(password) > MAX_PASSWORD:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return f"Your password can have at most {MAX_PASSWORD:,} characters."
