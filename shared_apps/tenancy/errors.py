"""What the tenancy engine refuses, each refusal with a name of its own."""


class TenancyError(Exception):
    """Anything the engine refuses to do."""


class InvalidSchemaName(TenancyError, ValueError):
    """A name that cannot be the schema of a tenant."""


class SchemaExists(TenancyError):
    """A schema of that name is already in the database."""


class CopyDiffers(TenancyError):
    """The copy of a schema is not like its source.

    Args:
        differences: a line for each, as `catalog.differences` words them.
    """

    def __init__(self, differences: list[str]) -> None:
        super().__init__("The copy differs from its source: " + "; ".join(differences))
        self.differences = differences
