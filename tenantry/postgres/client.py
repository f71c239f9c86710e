"""`dbshell`: psql, in the schema of the active tenant."""

import os
from typing import Any

from django_tenants.postgresql_backend.base import EXTRA_SEARCH_PATHS, original_backend

from tenantry.context import active_schema, public_is_visible

from .cursor import check_schema
from .parameters import Parameters


class DatabaseClient(original_backend.DatabaseWrapper.client_class):  # type: ignore[misc]
    """Starts psql with the tenant's search_path, without a pooler."""

    def runshell(self, parameters: list[str]) -> None:
        with self.connection.temporary_connection() as cursor:
            # psql would use `public` if the tenant's schema is missing.
            check_schema(cursor)
        super().runshell(parameters)

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: list[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        schema = active_schema()
        if schema is None:
            return super().settings_to_cmd_args_env(settings_dict, parameters)  # type: ignore[no-any-return]
        args, env = super().settings_to_cmd_args_env(direct_settings(settings_dict), parameters)
        path = Parameters({}, EXTRA_SEARCH_PATHS).startup_options(
            schema, include_public=public_is_visible()
        )
        options = f"{os.environ.get('PGOPTIONS', '')} {path}".strip()
        return args, {**(env or {}), "PGOPTIONS": options}


def direct_settings(settings_dict: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a connection to the server itself, without a pooler.

    The name of the database stays, because a test database has its own name.
    """
    direct = settings_dict.get("DIRECT_CONNECTION") or {}
    return {**settings_dict, **direct, "NAME": settings_dict["NAME"]}
