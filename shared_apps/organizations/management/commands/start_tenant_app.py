"""start_tenant_app: create a tenant app with its pages and tests."""

import re
from argparse import ArgumentParser
from keyword import iskeyword
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.templates import TemplateCommand
from django.urls import Resolver404, resolve

TEMPLATE = Path(__file__).parents[2] / "app_template"
FOLDERS = ("tenant_apps", "tests", "templates")

NEXT = """\
Created tenant_apps/{name}, tests/{name} and templates/{name}.

Add to EXTRA_TENANT_APPS in config/custom.py:
    "tenant_apps.{name}",
Add to urlpatterns in config/custom_urls.py, with include and path from django.urls:
    path("", include("tenant_apps.{name}.urls")),

Then:
    make format
    make manage CMD=migrate
    make test ARGS="tests/{name} tests/architecture/test_urls.py tests/architecture/test_roles.py"
"""


class Command(TemplateCommand):
    """Renders `app_template` into the project, by the code of Django's `startapp`."""

    help = "Create a tenant app: model, services, API, page, admin, roles, demo, migration, tests."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="plural, in lower case, as in `notes`")
        parser.add_argument("--model", help="by default the singular of the name, as in `Note`")

    def handle(  # type: ignore[override]  # As in startapp.
        self, name: str, model: str | None, **options: Any
    ) -> None:
        self.validate_name(name)
        model = model or _singular(name).title().replace("_", "")
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", model) or iskeyword(model):
            raise CommandError(f"{model!r} cannot name a model. Use CamelCase, as in `Note`.")
        super().handle(
            "tenant_app",
            name,
            target=str(settings.BASE_DIR),
            template=str(TEMPLATE),
            extensions=["py", "html"],
            files=[],
            model=model,
            model_name=model.lower(),
            instance=re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", model).lower(),
            verbose_name=name.replace("_", " ").capitalize(),
            verbosity=options["verbosity"],
        )
        self.stdout.write(NEXT.format(name=name))

    def validate_name(self, name: str, name_or_dir: str = "name") -> None:
        """Raise CommandError if Python cannot import it, or an app, a folder or a URL has it."""
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or iskeyword(name):
            raise CommandError(
                f"{name!r} cannot name an app. Use lowercase letters, digits and _, as in `notes`."
            )
        for folder in FOLDERS:
            if (settings.BASE_DIR / folder / name).exists():
                raise CommandError(f"The folder {folder}/{name} exists. Choose another name.")
        if name in {app.label for app in apps.get_app_configs()}:
            raise CommandError(f"An installed app has the label {name}. Choose another name.")
        for url in (f"/api/{name}/", f"/{name}/"):
            if _is_taken(url):
                raise CommandError(f"The URL {url} exists. Choose another name.")


def _singular(name: str) -> str:
    if name.endswith("ies"):
        return f"{name[:-3]}y"
    return name if name.endswith("ss") else name.removesuffix("s")


def _is_taken(url: str) -> bool:
    try:
        return "unknown" not in resolve(url).kwargs  # The last pattern matches all of /api/.
    except Resolver404:
        return False
