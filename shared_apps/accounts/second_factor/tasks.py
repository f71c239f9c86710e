"""Tasks of the second factor."""

from shared_apps.jobs import every, task

from .keys import keys_encrypt_again


@every("daily")
@task(platform=True)
def encrypt_keys_again() -> int:
    return keys_encrypt_again()
