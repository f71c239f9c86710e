"""System checks with stable ids."""

from . import configuration, database, models, raw_sql, relations, roles  # noqa: F401 (importing registers them)
