from functools import partial

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.addresses import SturdyAdmin
from accounts.models import User
from accounts.staff import BoundedPaginator, OrganizationFilter, shown
from accounts.verbs import VerbAdmin
from feedback import services
from feedback.models import BannedWord, Feedback


def _set_hidden(*, feedback: Feedback, by: User, hidden: bool) -> None:
    services.set_hidden(feedback=feedback, hidden=hidden)


@admin.register(Feedback)
class FeedbackAdmin(VerbAdmin[Feedback]):
    """Reviews are hidden, shown again or deleted, but never rewritten for their author."""

    list_display = ["__str__", "author", "course", "rating", "hidden", "created_at"]
    list_filter = ["hidden", "rating", OrganizationFilter]
    list_prefetch_related = (
        "author",
        "course",
    )
    sortable_by = ["created_at"]
    fields = ["author_", "course", "rating", "text", "hidden", "created_at"]
    readonly_fields = ["author_"]
    author_ = shown("author", _("author"))
    verbs = {
        "hide": (_("Hide"), partial(_set_hidden, hidden=True)),
        "show": (_("Show"), partial(_set_hidden, hidden=False)),
    }

    def offers(self, verb: str, row: Feedback) -> bool:
        return row.hidden == (verb == "show")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Feedback | None = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Feedback) -> None:
        services.delete(feedback=obj)


@admin.register(BannedWord)
class BannedWordAdmin(SturdyAdmin[BannedWord]):
    """One list for the platform: whoever manages courses somewhere may add to it."""

    list_display = ["word", "normalised"]
    search_fields = ["word"]
    paginator = BoundedPaginator
    show_full_result_count = False
