"""The settings of both queues: this project's code on one schema, as the peer `single` has it."""

from benchmarks.peers.single.settings import *  # noqa: F403
from benchmarks.peers.single.settings import INSTALLED_APPS, TASKS

INSTALLED_APPS += ["django_tasks_db"]
TASKS["peer"] = {"BACKEND": "django_tasks_db.DatabaseBackend"}
