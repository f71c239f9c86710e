"""An installed app that is neither in SHARED_APPS nor in TENANT_APPS."""

from django.db import models


class Sock(models.Model):
    def __str__(self) -> str:
        return "a sock"
