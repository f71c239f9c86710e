"""System checks with stable ids; docs/isolation.md lists them."""

from . import configuration, database, models, relations  # noqa: F401 (importing registers them)
