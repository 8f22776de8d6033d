from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CrmConfig(AppConfig):
    name = "crm"

    def ready(self) -> None:
        """The admin of events stands here: `events` knows neither people nor their admin."""
        import_module("crm.events_admin")


class StaffAdminConfig(AdminConfig):
    """Django's admin with our own site: login through allauth, rows by role."""

    default = False
    default_site = "crm.admin.StaffSite"
