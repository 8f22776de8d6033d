import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
FOREIGN_CHARSET = re.compile(r";\s*charset\s*=(?!\s*\"?utf-?8\"?\s*(;|$))[^;]*", re.IGNORECASE)

django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Everything here is UTF-8. Django would decode by any codec that a client names, «hex» included, and break."""
    environ["CONTENT_TYPE"] = FOREIGN_CHARSET.sub("", environ.get("CONTENT_TYPE", ""))
    return django(environ, start_response)
