from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrolmentsConfig(AppConfig):
    name = "enrolments"
    verbose_name = _("Enrolments")

    def ready(self) -> None:
        """Handlers must be known before the first event, whichever door it comes through."""
        import_module("enrolments.services")
        import_module("enrolments.mail")
