"""Errors that a worker records for a task, and that end a worker."""


class WorkerLost(Exception):
    """The worker of a task was killed, or lost its connection, before the task ended."""


class UnknownTask(Exception):
    """The code of this worker has no such task: it was renamed, or another release enqueued it."""

    def __init__(self, path: str) -> None:
        super().__init__(f"This release has no task {path}.")


class PermanentFailure(Exception):
    """A task raises it, or a subclass, when no other attempt can succeed."""


class BurstFailed(Exception):
    """A process of a burst died, or could not reach the database. Tasks may still wait."""
