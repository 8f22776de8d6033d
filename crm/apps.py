from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CrmConfig(AppConfig):
    name = "crm"


class StaffAdminConfig(AdminConfig):
    """Django's admin with our own site: login through allauth, rows by role."""

    default = False
    default_site = "crm.admin.StaffSite"
