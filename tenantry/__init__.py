"""A schema for each tenant, on Django and PostgreSQL."""

__version__ = "0.3.0.dev0"
