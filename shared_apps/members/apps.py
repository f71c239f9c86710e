from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from shared_apps.pages.navigation import NavigationEntry


class MembersConfig(AppConfig):
    name = "shared_apps.members"
    label = "tenantry_members"
    verbose_name = "Members"
    navigation = (NavigationEntry(_("Members"), "members", "members", order=80),)
