from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core.checks import Tags, register

from crm.checks import stores_all_text


class CrmConfig(AppConfig):
    name = "crm"

    def ready(self) -> None:
        """The admin of events stands here: `events` knows neither people nor their admin."""
        import_module("crm.events_admin")
        register(stores_all_text, Tags.database)


class StaffAdminConfig(AdminConfig):
    """Django's admin with our own site: login through allauth, rows by role."""

    default = False
    default_site = "crm.admin.StaffSite"
