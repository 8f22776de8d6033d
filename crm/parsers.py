from json import JSONDecodeError
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser


class StrictJSONParser(JSONParser):
    """JSON whose nesting would exhaust the stack is malformed, not a breakage; all of it is said in words of ours."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The body is nested too deeply.")) from error
        except ParseError as error:
            raise ParseError(_what_is_wrong(error.__context__)) from error


def _what_is_wrong(cause: BaseException | None) -> str:
    if isinstance(cause, JSONDecodeError):
        return _("The body is not valid JSON: line %(line)d, column %(column)d.") % {
            "line": cause.lineno, "column": cause.colno,
        }  # fmt: skip
    return _("The body is not valid JSON.")
