from django import forms
from django.utils.translation import gettext_lazy as _

from feedback.models import Feedback

RATINGS = [("", _("without a rating")), *((n, "★" * n) for n in range(5, 0, -1))]


class ReviewForm(forms.ModelForm[Feedback]):
    rating = forms.TypedChoiceField(label=_("Rating"), choices=RATINGS, coerce=int, empty_value=None, required=False)

    class Meta:
        model = Feedback
        fields = ["rating", "text"]
        widgets = {"text": forms.Textarea({"rows": 5})}
        labels = {"text": _("What do you want to say?")}
