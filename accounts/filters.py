from typing import Any

import django_filters


class KeyFilter(django_filters.NumberFilter):  # type: ignore[misc]
    """Filters by the key of a related row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=2**63 - 1, decimal_places=0, **kwargs)
