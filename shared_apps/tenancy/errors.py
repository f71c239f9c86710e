"""What the tenancy engine refuses, each refusal with a name of its own."""


class TenancyError(Exception):
    """Anything the engine refuses to do."""


class InvalidSchemaName(TenancyError, ValueError):
    """A name that cannot be the schema of a tenant."""


class SchemaExists(TenancyError):
    """A schema of that name is already in the database."""
