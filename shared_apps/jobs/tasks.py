from . import every, task
from .services import clear_jobs


@every("hourly")
@task(platform=True)
def clear_finished_tasks() -> int:
    return clear_jobs()
