"""The maximum length of a password."""

from django.core.exceptions import ValidationError

MAX_PASSWORD = 4096  # characters


class MaximumLengthValidator:
    """Rejects passwords that are too long for a sign-in."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > MAX_PASSWORD:
            raise ValidationError(self.get_help_text(), code="password_too_long")

    def get_help_text(self) -> str:
        return f"Your password can have at most {MAX_PASSWORD:,} characters."
