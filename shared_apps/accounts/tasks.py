"""Tasks of accounts. The answers decide which mail a visitor gets, so no response shows it."""

from django.utils import timezone

from shared_apps.core.deletion import delete_in_batches
from shared_apps.jobs import every, task
from shared_apps.jobs.mail.facts import Facts

from . import answers, known_programs
from .models import EmailChange, PendingSignUp


@task(platform=True, retries=5)
def answer_sign_up(pending_id: int, facts: Facts) -> None:
    answers.answer_sign_up(pending_id, facts)


@task(platform=True, retries=5)
def answer_password_reset(email: str, facts: Facts) -> None:
    answers.answer_password_reset(email, facts)


@every("daily")
@task(platform=True, retries=3)
def clear_expired_links() -> int:
    """Delete sign-ups and changes of addresses with links that no longer work."""
    now = timezone.now()
    return sum(
        delete_in_batches(model._default_manager.filter(expires_at__lte=now))
        for model in (PendingSignUp, EmailChange)
    )


@every("daily")
@task(platform=True, retries=3)
def forget_programs() -> int:
    return known_programs.programs_forget()
