"""The tests' settings for processes that a test starts: it says where migrations come from."""

import json
import os

from tests.settings import *  # noqa: F403

MIGRATION_MODULES = json.loads(os.environ.get("FLEET_MIGRATION_MODULES", "{}"))
