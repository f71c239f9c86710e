from tenant_apps.items import migrations

__path__.extend(migrations.__path__)
