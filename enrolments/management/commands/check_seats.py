from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, F, Q

from courses.models import Course
from enrolments.models import Enrolment


class Command(BaseCommand):
    help = (
        "Prove each course's counter of taken seats against its enrolments, and name courses with free seats while "
        "students wait. Reads only; ends with status 1 when something does not add up."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        holding = Count("enrolments", filter=Q(enrolments__status__in=Enrolment.HOLDS_SEAT))
        waiting = Count("enrolments", filter=Q(enrolments__status=Enrolment.Status.WAITLISTED))
        counted = Course.objects.annotate(holding=holding, waiting=waiting).order_by("pk")
        wrong = counted.exclude(seats_taken=F("holding")).values_list("pk", "title", "seats_taken", "holding")
        for pk, title, seats, students in wrong:
            self.stderr.write(f"course {pk} “{title}”: {seats} seats taken, {students} students hold one")
        idle = counted.published().with_seats().filter(requires_approval=False, waiting__gt=0)
        for pk, title, students in idle.values_list("pk", "title", "waiting"):
            self.stderr.write(f"course {pk} “{title}”: seats are free while {students} students wait")
        if wrong or idle:
            message = "The seats do not add up."
            raise CommandError(message)
        self.stdout.write(self.style.SUCCESS(f"{counted.count()} courses: every seat is accounted for."))
