"""A schema for each tenant, on Django and PostgreSQL: see docs/engine.md."""

__version__ = "0.2.0.dev0"
