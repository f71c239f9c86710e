"""System checks with stable ids."""

from . import configuration, database, models, relations, roles  # noqa: F401 (importing registers them)
