from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SalesConfig(AppConfig):
    name = "sales"
    verbose_name = _("Sales")

    def ready(self) -> None:
        """Handlers must be known before the first event, whichever door it comes through."""
        import_module("sales.applications")
        import_module("sales.reminders")
        import_module("sales.services.stages")
