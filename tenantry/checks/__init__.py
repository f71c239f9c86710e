"""What stops or warns at start, each with a stable id; docs/isolation.md lists them all."""

from . import configuration, database, models, relations  # noqa: F401 (importing registers them)
