"""Events in the admin, for platform superusers: they belong to no organisation, and nobody edits what has happened."""

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.addresses import SturdyAdmin
from accounts.staff import BoundedPaginator
from events.models import COUNTED_AT_MOST, Event, Letter, UnhandledEvent


class ReadOnlyAdmin(SturdyAdmin[Any]):
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    sortable_by = ()
    ordering = ["-id"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"subtitle": self.state()} | (extra_context or {}))

    def state(self) -> str:
        """A line under the title: what waits."""
        raise NotImplementedError


class PublishedFilter(admin.SimpleListFilter):
    title = gettext_lazy("published")
    parameter_name = "published"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", gettext_lazy("waiting"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(published_at=None) if self.value() == "no" else queryset


class TypeFilter(admin.SimpleListFilter):
    """Chosen by an exact type, which the index serves; the list of types is the handful that the newest events have."""

    title = gettext_lazy("type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = Event.objects.order_by("-id").values_list("type", flat=True)[:500]
        return [(name, name) for name in sorted({*newest, *filter(None, [self.value()])})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["type", "key", "created_at", "published_at"]
    list_filter = [PublishedFilter, TypeFilter]
    fields = ["event_id", "type", "topic", "key", "payload", "created_at", "published_at"]

    def state(self) -> str:
        waiting, seconds = Event.objects.lag()
        if not waiting:
            return _("Nothing waits to be published.")
        more = "+" if waiting == COUNTED_AT_MOST else ""
        text = _("Waiting to be published: %(count)s, the oldest for %(seconds)s s.")
        return text % {"count": f"{waiting}{more}", "seconds": round(seconds)}


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("parked", gettext_lazy("parked")), ("waiting", gettext_lazy("tried again"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[UnhandledEvent]) -> QuerySet[UnhandledEvent]:
        return queryset.filter(due_at__isnull=self.value() == "parked") if self.value() else queryset


@admin.register(UnhandledEvent)
class UnhandledEventAdmin(ReadOnlyAdmin):
    """What a consumer could not handle; `replay` lets it try once more."""

    list_display = ["type", "key", "consumer", "attempts", "error", "kept_at", "due_at"]
    list_filter = [StateFilter, "consumer"]
    fields = ["consumer", "event_id", "type", "topic", "key", "body", "attempts", "error", "kept_at", "due_at"]
    actions = ["replay"]

    def state(self) -> str:
        return _("Parked: %(count)s") % {"count": UnhandledEvent.objects.parked()[:COUNTED_AT_MOST].count()}

    @admin.action(description=gettext_lazy("Replay: let the consumer try again"))
    def replay(self, request: HttpRequest, queryset: QuerySet[UnhandledEvent]) -> None:
        """The next attempt is due now: the relay or a consumer makes it, or the next event where nobody runs."""
        count = queryset.update(due_at=timezone.now(), attempts=0)
        messages.success(
            request, ngettext("%(n)d event is due again.", "%(n)d events are due again.", count) % {"n": count}
        )


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    """Letters on their way; their words are not shown, since they may hold links that open an account."""

    list_display = ["to", "subject", "state", "attempts", "error", "created_at"]
    list_filter = ["state"]
    fields = ["key", "to", "subject", "state", "attempts", "error", "created_at", "due_at"]
    actions = ["send_again", "take_as_sent"]
    UNDECIDED = (Letter.State.IN_DOUBT, Letter.State.REFUSED)

    def state(self) -> str:
        in_doubt = Letter.objects.filter(state=Letter.State.IN_DOUBT)[:COUNTED_AT_MOST].count()
        refused = Letter.objects.filter(state=Letter.State.REFUSED)[:COUNTED_AT_MOST].count()
        return _("In doubt: %(in_doubt)s, refused: %(refused)s") % {"in_doubt": in_doubt, "refused": refused}

    @admin.action(description=gettext_lazy("Send again what is in doubt or was refused"))
    def send_again(self, request: HttpRequest, queryset: QuerySet[Letter]) -> None:
        undecided = queryset.filter(state__in=self.UNDECIDED)
        self._say(request, undecided.update(state=Letter.State.WAITING, due_at=timezone.now(), attempts=0))

    @admin.action(description=gettext_lazy("Take as sent what is in doubt"))
    def take_as_sent(self, request: HttpRequest, queryset: QuerySet[Letter]) -> None:
        in_doubt = queryset.filter(state=Letter.State.IN_DOUBT)
        self._say(request, in_doubt.update(state=Letter.State.SENT, text="", html=""))

    def _say(self, request: HttpRequest, count: int) -> None:
        messages.success(request, ngettext("%(n)d letter changed.", "%(n)d letters changed.", count) % {"n": count})
