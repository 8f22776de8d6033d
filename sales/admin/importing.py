"""The page of the import: choose a file, look at what would happen, and let it happen."""

from collections import Counter
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.urls.resolvers import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organization, User
from accounts.staff import person
from sales.admin.timeline import TimelinePage
from sales.importing import FIELDS, import_contacts
from sales.models import Contact
from sales.spreadsheets import MOST_ROWS, rows_of, text_of, title_of

LARGEST = 1024 * 1024
LARGEST_PACKED = LARGEST - 50_000  # the confirmation is a form like others, and may be no larger
SHOWN = 100
TOO_LARGE = gettext_lazy("The file is larger than 1 MiB. Divide it.")


class WithRows(forms.Form):
    """The organisation to import into and the rows; `packed` is what the confirmation carries."""

    organization = forms.ModelChoiceField(
        Organization.objects.none(), label=gettext_lazy("organisation"), empty_label=None
    )
    packed: str

    def __init__(self, *args: Any, homes: QuerySet[Organization]) -> None:
        super().__init__(*args)
        field: Any = self.fields["organization"]
        field.queryset = homes

    def take(self, text: str) -> Any:
        self.packed = signing.dumps(text, compress=True)
        if len(self.packed) > LARGEST_PACKED:
            raise ValidationError(TOO_LARGE)
        return rows_of(text)


class ImportForm(WithRows):
    file = forms.FileField(label=gettext_lazy("CSV file"), allow_empty_file=True)

    def clean_file(self) -> Any:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            raise ValidationError(TOO_LARGE)
        return self.take(text_of(file.read()))


class ConfirmForm(WithRows):
    file = forms.CharField(widget=forms.HiddenInput)

    def clean_file(self) -> Any:
        try:
            return self.take(signing.loads(self.cleaned_data["file"]))
        except signing.BadSignature as error:
            raise ValidationError(_("Choose the file once more.")) from error


class ImportPage(TimelinePage[Contact]):
    """For the admin of contacts; whoever may import somewhere chooses one of those organisations."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="sales_contact_import"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        may = {"has_import_permission": self.permits(request, "import")}
        return super().changelist_view(request, (extra_context or {}) | may)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not self.permits(request, "import"):
            raise PermissionDenied
        homes, confirmed = self.organizations(request, "import"), "confirmed" in request.POST
        sent = [request.POST, request.FILES] if request.method == "POST" else []
        form = (ConfirmForm if confirmed else ImportForm)(*sent, homes=homes)
        more = _imported(form, by=person(request), save=confirmed) if form.is_valid() else {}
        if confirmed and not form.is_valid():
            more = {"again": form.non_field_errors() or _("Choose the file once more.")}
            form = ImportForm(homes=homes)
        about = {"title": _("Import contacts"), "opts": self.opts, "form": form, "most": MOST_ROWS}
        context = self.admin_site.each_context(request) | about | more
        return TemplateResponse(request, "admin/sales/import.html", context)


def _imported(form: WithRows, *, by: User, save: bool) -> dict[str, Any]:
    home, rows = form.cleaned_data["organization"], form.cleaned_data["file"]
    try:
        outcomes = import_contacts(rows, organization=home, by=by, save=save)
    except ValidationError as error:
        form.add_error(None, error)
        return {}
    return _shown(outcomes) | {"home": home, "packed": form.packed, "done": save}


def _shown(outcomes: list[Any]) -> dict[str, Any]:
    """Totals, and the beginning of the good and of the bad rows; five thousand on a page help nobody."""
    bad = [row for row in outcomes if row.reasons]
    good = [row for row in outcomes if not row.reasons and row.kind != "skip"]
    totals = Counter(row.kind for row in outcomes)
    return {
        "columns": [title_of(name) for name in FIELDS], "totals": totals, "good": good[:SHOWN], "bad": bad[:SHOWN],
        "more_good": len(good) - SHOWN, "more_bad": len(bad) - SHOWN, "any_good": bool(good),
    }  # fmt: skip
