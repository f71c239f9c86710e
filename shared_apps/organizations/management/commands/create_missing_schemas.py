from shared_apps.organizations.disabled_commands import disabled

Command = disabled(__name__)
