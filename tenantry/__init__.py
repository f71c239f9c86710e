"""A schema for each tenant, on Django and PostgreSQL."""

__version__ = "0.5.0.dev0"
