"""sendtestemail: see that mail arrives, through the queue and a worker like all mail."""

import socket
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from shared_apps.core.commands import service_errors_as_command_errors
from shared_apps.jobs.mail.services import mail_send


class Command(BaseCommand):
    """Replaces Django's, which sends without a task."""

    help = "Send a test mail. A worker (run_jobs) sends it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", nargs="+", help="the addresses of the recipients")

    def handle(self, *args: Any, **options: Any) -> None:
        facts = [("Enqueued", timezone.now()), ("On host", socket.gethostname())]
        with service_errors_as_command_errors(), transaction.atomic():
            for to in options["email"]:
                mail_send(to=to, template="mail/test", context={"facts": facts}, platform=True)
        self.stdout.write("Enqueued. A worker sends it; `list_jobs` shows whether it could.")
