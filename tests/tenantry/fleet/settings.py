"""Settings for processes that a test starts, with the test's migration modules."""

import json
import os

from tests.settings import *  # noqa: F403

MIGRATION_MODULES = json.loads(os.environ.get("FLEET_MIGRATION_MODULES", "{}"))
