"""Settings of django-tenants' own test project, with ENGINE and database from the environment."""

import os

from dts_test_project.settings import *  # type: ignore[import-not-found]  # noqa: F403
from dts_test_project.settings import DATABASES

DATABASES["default"]["ENGINE"] = os.environ["ENGINE"]
# The suite has tenants called `tenant``1` and `test@at`.
TENANCY_LEGACY_SCHEMA_NAMES = True
