import json
from typing import Any

from rest_framework.renderers import BrowsableAPIRenderer


class PeopleRenderer(BrowsableAPIRenderer):
    """The browsable API, whose forms start with the fields that may be set, and with no others."""

    def get_raw_data_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        form = super().get_raw_data_form(data, view, method, request)
        content = form.fields["_content"] if form else None
        if content is None or not content.initial:
            return form
        read_only = {name for name, field in view.get_serializer().fields.items() if field.read_only}
        body = {name: value for name, value in json.loads(content.initial).items() if name not in read_only}
        content.initial = json.dumps(body, indent=4, ensure_ascii=False)
        return form
