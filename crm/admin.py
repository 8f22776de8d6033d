from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class StaffSite(AdminSite):
    """The staff's site. People come in through the same login page, with its limits, as everywhere else."""

    site_header = _("School administration")
    site_title = _("Administration")
    index_title = _("What to look after")
    login = secure_admin_login(AdminSite.login)
