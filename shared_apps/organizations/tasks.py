"""What has to happen at night with invitations."""

from shared_apps.jobs import every, task

from .invitations import invitations_clear


@every("daily")
@task(platform=True, retries=3)
def clear_invitations() -> int:
    return invitations_clear()
