from django.db.models import Model
from slugify import slugify


def free_slug(model: type[Model], text: str, *, longest: int, otherwise: str) -> str:
    """The text's slug, of at most `longest` characters, with the first free number behind it when it is taken.

    A text without a letter or a digit becomes `otherwise`. The number can be taken meanwhile: the column is unique.
    """
    base = slugify(text, max_length=longest) or otherwise
    taken = set(model._default_manager.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for n in range(1, len(taken) + 2) if (slug := base if n == 1 else f"{base}-{n}") not in taken)
