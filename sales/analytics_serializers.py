"""The period that figures are asked for, and the shape of each answer."""

from datetime import date
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from rest_framework import serializers

# Every database and time zone has these days; the years 1 and 9999 have neighbours that do not exist.
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2999, 12, 31)


class PeriodSerializer(serializers.Serializer[Any]):
    """Both days belong to the period, and each may be left out. `from` is a word of Python, so the fields are made."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        limits = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]
        return {
            "from": serializers.DateField(
                required=False, validators=limits, help_text="The first day, where the organisation is."
            ),
            "to": serializers.DateField(
                required=False, validators=limits, help_text="The last day, where the organisation is."
            ),
        }

    def validate(self, attrs: dict[str, date]) -> dict[str, date]:
        if "from" in attrs and "to" in attrs and attrs["from"] > attrs["to"]:
            raise serializers.ValidationError({"to": [_("The last day cannot be before the first.")]})
        return attrs


class RatioField(serializers.FloatField):
    """A fraction from 0 to 1, to four places; null when there is nothing to divide by."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=1, allow_null=True, **kwargs)


class MoneyField(serializers.DecimalField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=None, decimal_places=2, **kwargs)


class FiguresSerializer(serializers.Serializer[Any]):
    computed_at = serializers.DateTimeField()


class DealCountsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    new = serializers.IntegerField()
    in_progress = serializers.IntegerField()
    won = serializers.IntegerField(help_text="Outcomes of the period, later closed ones included.")
    lost = serializers.IntegerField(help_text="Outcomes of the period, later closed ones included.")
    closed = serializers.IntegerField()
    win_rate = RatioField(help_text="won / (won + lost)")
    pipeline_amount = MoneyField(help_text="Of open deals; deals in other currencies are left out of every amount.")
    won_amount = MoneyField()
    weighted_amount = MoneyField(help_text="Of open deals, each by the probability of its stage.")
    currency = serializers.CharField()


class TaskCountsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    todo = serializers.IntegerField()
    in_progress = serializers.IntegerField()
    done = serializers.IntegerField()
    overdue = serializers.IntegerField(help_text="Undone though the day on which they were due has ended.")
    due_today = serializers.IntegerField(help_text="Undone and due today.")
    completion_rate = RatioField(help_text="done / total")


class ContactCountsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    new_30d = serializers.IntegerField(help_text="Of today and the 29 days before, whatever the period.")


class ActivityCountsSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    calls = serializers.IntegerField()
    emails = serializers.IntegerField()
    meetings = serializers.IntegerField()
    notes = serializers.IntegerField()


class DealFiguresSerializer(DealCountsSerializer, FiguresSerializer):
    pass


class TaskFiguresSerializer(TaskCountsSerializer, FiguresSerializer):
    pass


class ContactFiguresSerializer(ContactCountsSerializer, FiguresSerializer):
    pass


class ActivityFiguresSerializer(ActivityCountsSerializer, FiguresSerializer):
    pass


class SummarySerializer(FiguresSerializer):
    deals = DealCountsSerializer()
    tasks = TaskCountsSerializer()
    contacts = ContactCountsSerializer()
    activities = ActivityCountsSerializer()


class StepSerializer(serializers.Serializer[Any]):
    stage = serializers.CharField()
    name = serializers.CharField()
    count = serializers.IntegerField(help_text="Deals that have reached this stage or a later one.")
    amount = MoneyField()
    conversion = RatioField(help_text="Of the count of the stage before; null for the first.")
    open = serializers.IntegerField(help_text="Open deals that are in this stage now.")
    open_amount = MoneyField()


class FunnelSerializer(FiguresSerializer):
    currency = serializers.CharField()
    stages = StepSerializer(many=True)


class CourseNameSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()


class CourseFiguresSerializer(serializers.Serializer[Any]):
    course = CourseNameSerializer()
    applied = serializers.IntegerField()
    accepted = serializers.IntegerField()
    completed = serializers.IntegerField()
    reviews = serializers.IntegerField()
    rating = serializers.FloatField(allow_null=True)
    seats_left = serializers.IntegerField(allow_null=True, help_text="Null for a course without a limit.")
    unsold_value = MoneyField(allow_null=True, help_text="seats_left × price; null for a course without a limit.")
    currency = serializers.CharField()
