"""Private names of Django, django-tenants and Python that the engine replaces or uses.

A new release can remove such a name, or stop using it. `require` makes that an error at start.
The project's page on upgrading Django lists the same names, each with its test.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pkgutil import resolve_name
from types import FunctionType

from django.core.exceptions import ImproperlyConfigured

Names = Mapping[str, Sequence[str]]
"""For a class: its attributes. For a function: names that its code uses."""

BACKEND: Names = {
    "django_tenants.utils:schema_context": ("__enter__", "__exit__", "_recreate_cm"),
    "django_tenants.utils:tenant_context": ("__enter__", "__exit__", "_recreate_cm"),
    "django_tenants.postgresql_backend.base:DatabaseWrapper.set_tenant": (
        "tenant",
        "schema_name",
        "include_public_schema",
    ),
    "django_tenants.postgresql_backend.base:DatabaseWrapper._cursor": ("_handle_search_path",),
    "django.db.backends.base.base:BaseDatabaseWrapper.__init__": (
        "client_class",
        "creation_class",
        "introspection_class",
        "ops_class",
    ),
    "django.db.backends.base.base:BaseDatabaseWrapper.schema_editor": ("SchemaEditorClass",),
    "django.db.backends.postgresql.base:DatabaseWrapper": (
        "wrap_database_errors",
        "on_commit",
        "get_connection_params",
        "get_new_connection",
        "_configure_connection",
        "_configure_timezone",
        "_set_autocommit",
        "_prepare_cursor",
        "chunked_cursor",
        "close_if_unusable_or_obsolete",
    ),
    "django.db.backends.postgresql.client:DatabaseClient": ("runshell", "settings_to_cmd_args_env"),
    "django.db.backends.postgresql.creation:DatabaseCreation": (
        "create_test_db",
        "destroy_test_db",
        "deserialize_db_from_string",
    ),
    "django.db.backends.postgresql.introspection:DatabaseIntrospection": (
        "get_table_list",
        "get_table_description",
        "get_sequences",
        "get_relations",
        "get_constraints",
    ),
    "django.db.backends.postgresql.operations:DatabaseOperations": ("compiler_module", "sql_flush"),
    "django.db.backends.postgresql.schema:DatabaseSchemaEditor": (
        "execute",
        "__enter__",
        "__exit__",
    ),
    "django.db.models.sql.compiler:SQLCompiler": ("execute_sql",),
    "django.db.models.query:ModelIterable.__iter__": ("klass_info", "from_db"),
    "django.db.utils:DatabaseErrorWrapper": ("__exit__",),
    "traceback:TracebackException.__init__": ("_str",),
}

# It can only be imported together with the models.
TENANT_MODEL: Names = {
    "django_tenants.models:TenantMixin": ("__enter__", "__exit__", "_previous_tenant"),
}

APP: Names = {
    "importlib.machinery:SourceFileLoader": ("exec_module",),
    "importlib.machinery:SourcelessFileLoader": ("exec_module",),
    "importlib.machinery:ExtensionFileLoader": ("exec_module",),
    "zipimport:zipimporter": ("exec_module",),
    "django.core.management.base:BaseCommand.run_from_argv": ("execute",),
    "django.db.models.base:Model": (
        "_prepare_related_fields_for_save",
        "_get_next_or_previous_by_FIELD",
        "_get_next_or_previous_in_order",
        "prepare_database_save",
        "validate_unique",
    ),
    "django.db.models.query:prefetch_one_level": ("_prefetched_objects_cache",),
    "django.db.models.options:Options": ("managers", "base_manager", "_expire_cache"),
    "django.db.models.manager:Manager": ("_queryset_class",),
    "django.db.models.query:QuerySet": ("db", "_add_hints"),
    "django.db.models.query:QuerySet.__init__": (
        "_db",
        "_query",
        "_result_cache",
        "_prefetch_related_lookups",
    ),
    "django.db.models.query:RawQuerySet": ("db", "_fetch_all"),
    "django.db.models.sql.query:Query": (
        "clone",
        "chain",
        "check_query_object_type",
        "combine",
        "get_compiler",
    ),
    "django.db.models.fields.reverse_related:OneToOneRel": (
        "cache_name",
        "get_cached_value",
        "set_cached_value",
    ),
    "django.contrib.contenttypes.fields:GenericForeignKey": (
        "is_cached",
        "get_cached_value",
        "delete_cached_value",
    ),
    "django.contrib.contenttypes.fields:GenericForeignKey.__init__": ("ct_field",),
    "django.contrib.contenttypes.management:RenameContentType": ("_rename",),
    "django.db.migrations.migration:Migration.apply": ("operations",),
    "django.db.models.fields.files:FieldFile.__init__": ("storage",),
    "django.db.models.fields.files:FileDescriptor.__get__": ("attr_class",),
    "django.core.files.storage:FileSystemStorage": ("base_location", "location", "base_url"),
    "django.core.cache.backends.locmem:LocMemCache.__init__": ("_cache", "_lock"),
    "django.core.cache.backends.locmem:LocMemCache": ("_delete",),
    "django.core.cache.backends.redis:RedisCache": ("_cache",),
}

_ALL_TENANTS = "django_tenants.management.commands.all_tenants_command:Command"
COMMANDS: Names = {
    "django_tenants.management.commands.tenant_command:Command.handle": (
        "get_tenant_from_options_or_interactive",
    ),
    f"{_ALL_TENANTS}.handle": ("get_tenants",),
    f"{_ALL_TENANTS}.run_wrapped_command_from_argv": ("get_tenants",),
}


def require(names: Names) -> None:
    """Raise ImproperlyConfigured for the first missing name."""
    for path, wanted in names.items():
        try:
            owner = resolve_name(path)
        except (ImportError, AttributeError) as error:
            raise _missing(path) from error
        for name in wanted:
            if not _has(owner, name):
                raise _missing(f"{path} {name}")


def _has(owner: object, name: str) -> bool:
    if isinstance(owner, FunctionType):
        return name in owner.__code__.co_names or name in owner.__code__.co_consts
    return hasattr(owner, name)


def _missing(what: str) -> Exception:
    installed = ", ".join(f"{each} {version(each)}" for each in ("Django", "django-tenants"))
    return ImproperlyConfigured(
        f"tenantry needs {what}, which the installed versions do not have ({installed}). Install "
        "the versions that this release of tenantry supports, or a newer tenantry."
    )
