"""The table of idempotency keys, in `public`."""

from django.db import models


class IdempotencyKey(models.Model):
    """A key that a client sent, and the response to its first request."""

    schema_name = models.CharField(max_length=63, verbose_name="organization")
    caller = models.CharField(max_length=64, help_text="Primary key of the user.")
    key = models.CharField(max_length=255)
    request = models.CharField(max_length=64, help_text="SHA-256 of method, path and body.")
    status = models.PositiveSmallIntegerField()
    response = models.TextField(help_text="The JSON of the response; empty without a body.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("schema_name", "caller", "key"), name="tenantry_api_idempotencykey_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.schema_name}: {self.key}"
