"""Letters to students, sent after the commit that they tell of."""

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from enrolments.models import Enrolment
from events.models import Event
from events.outbox import after


@after("enrolment.accepted", "enrolment.seat_offered")
def tell_that_a_seat_came_free(event: Event) -> None:
    """Only to those who waited; the others see the answer at once on the page."""
    if event.payload["previous"] != Enrolment.Status.WAITLISTED:
        return
    enrolment = Enrolment.objects.for_list().get(pk=event.payload["enrolment_id"])
    with override(enrolment.student.language):
        send_mail(
            subject=_("A seat on “%(course)s” has come free") % {"course": enrolment.course.title},
            message=render_to_string("enrolments/mail_seat_free.txt", {"enrolment": enrolment}),
            from_email=settings.DEFAULT_FROM_EMAIL,
            recipient_list=[enrolment.student.email],
        )
