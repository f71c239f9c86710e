"""Tasks that run after the request, in the organization that enqueued them.

from shared_apps.jobs import every, task
"""

from .definitions import task
from .schedules import every

__all__ = ["every", "task"]
