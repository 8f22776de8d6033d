"""How the API shows what went wrong: RFC 9457 problem+json."""

from typing import Any

from django.utils.translation import gettext as _
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import ErrorResponse
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from crm.errors import PROBLEM, RuleBroken, problem


class ProblemFormatter(ExceptionFormatter):
    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        errors = error_response.errors
        status = ProblemHandler.status_of(self.exc)
        body = problem(self.context["request"], status=status, code=errors[0].code, detail=errors[0].detail)
        if isinstance(self.exc, ValidationError):
            body |= {"code": "invalid", "detail": _("Some values are not valid; nothing was saved.")}
            body["errors"] = [{"field": error.attr, "code": error.code, "detail": error.detail} for error in errors]
        return body


class ProblemHandler(ExceptionHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if not isinstance(exc, RuleBroken):
            return super().convert_known_exceptions(exc)
        if exc.field:
            return ValidationError({exc.field: [ErrorDetail(str(exc), code=exc.code)]})
        refusal = APIException(str(exc), code=exc.code)
        refusal.status_code = exc.status
        return refusal

    def get_response(self, exc: APIException, data: dict[str, Any]) -> Response:
        """Problem+json for people in the browsable API, too: an error is never a page."""
        if request := self.context["request"]:
            request.accepted_renderer, request.accepted_media_type = JSONRenderer(), PROBLEM
        response = super().get_response(exc, data)
        response.status_code = self.status_of(exc)
        response.content_type = PROBLEM
        return response

    @staticmethod
    def status_of(exc: APIException) -> int:
        """A body that cannot be read is 400; one that can, with values that are wrong, is 422."""
        return 422 if isinstance(exc, ValidationError) else exc.status_code
