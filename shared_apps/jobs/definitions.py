"""`@task`: Django's task with retries, and with an organization or none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, Self, TypeVar, cast, overload

from . import tasks_api

P = ParamSpec("P")
T = TypeVar("T")

registered: dict[str, "Task[Any, Any]"] = {}
"""Every task by its path, as `shop.tasks.send_receipt`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(tasks_api.Task[P, T]):
    """A function that a worker calls.

    Attributes:
        retries: how often a worker tries again after an error.
        platform: True for a task without an organization. None means False in a tenant app; a
            shared app must set it (check `jobs.E001`).
        unique: see `using`.
    """

    retries: int = 0
    platform: bool | None = None
    unique: str = ""

    def __post_init__(self) -> None:
        # Not super(): `slots` makes a second class, which super() does not find.
        tasks_api.Task.__post_init__(self)
        registered.setdefault(self.module_path, self)

    def using(self, *, unique: str = "", **options: Any) -> Self:
        """Return the task with other options for the next `enqueue`.

        Args:
            unique: a name. While a task of this name waits in the organization, `enqueue` returns
                the waiting one and adds none.
            options: Django's `priority`, `queue_name`, `run_after` and `backend`.
        """
        changed = cast("Self", tasks_api.Task.using(self, **options))
        return replace(changed, unique=unique) if unique else changed


@overload
def task(function: Callable[P, T], /) -> Task[P, T]: ...


@overload
def task(
    *,
    retries: int = 0,
    platform: bool | None = None,
    priority: int = 0,
    queue_name: str = "default",
    takes_context: bool = False,
) -> Callable[[Callable[..., T]], Task[..., T]]: ...


def task(
    function: Callable[..., Any] | None = None, /, *, queue_name: str = "default", **options: Any
) -> Any:
    """Make a function a task. Its arguments and result must be JSON.

    A task is called at least once: a worker can be killed between the work and its end.
    """

    def define(function: Callable[..., Any]) -> Task[..., Any]:
        return Task(func=function, queue_name=queue_name, **options)

    return define(function) if function else define
