"""Finding banned words in their disguises, and only them: whole words are compared, never parts of longer ones.

A text and the words are brought to one form: compatibility characters unfolded, case and accents dropped (so ё is е),
letters and digits that look alike made one. Letters may be repeated («shiiit»), set apart («Д У Р Е Н Ь») or joined by
marks («s.h.i.t»).
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import groupby

# To the Latin letter that each is mistaken for, in either case. The result need not be read: both sides are mapped.
LOOK_ALIKES = str.maketrans(
    {
        **dict(zip("авгеикмнопрстухьіѕј", "abreukmhonpctyxbisj", strict=True)),  # Cyrillic
        **dict(zip("αβεικνορτυχ", "abeikvoptyx", strict=True)),  # Greek
        **dict(zip("0145@$", "oiasas", strict=True)),
        "3": "з",
    }
)
WORD = re.compile(r"[^\W_]+")
JOINED = re.compile(r"\b\w+(?:[-_.*'’·~+|]+\w+)+")
INVISIBLE = {"Cf", "Mn", "Me"}
SHORTEST_SPELLED = 3


def normalise(text: str) -> str:
    """The form in which texts and banned words are compared."""
    unfolded = unicodedata.normalize("NFKD", text).casefold()
    visible = "".join(char for char in unfolded if unicodedata.category(char) not in INVISIBLE)
    return visible.translate(LOOK_ALIKES)


def find_banned(text: str, banned: Iterable[str]) -> str | None:
    """The first of `banned` (normalised forms) that `text` holds, or None."""
    text = normalise(text)
    whole: dict[str, set[str]] = defaultdict(set)
    for token in _tokens(text):
        whole[_squeeze(token)].add(token)
    spelled = list(_spelled_out(text))
    for word in banned:
        found = any(_repeats(token, word) for token in whole.get(_squeeze(word), ()))
        if found or any(_within(letters, word) for letters in spelled):
            return word
    return None


def _tokens(text: str) -> Iterator[str]:
    """The words, and what is left of words joined by marks when the marks are taken out."""
    yield from WORD.findall(text)
    for joined in JOINED.findall(text):
        yield "".join(WORD.findall(joined))


def _spelled_out(text: str) -> Iterator[str]:
    """Single letters in a row, put together."""
    for single, words in groupby(WORD.findall(text), key=lambda word: len(set(word)) == 1):
        if single:
            yield "".join(words)


def _squeeze(word: str) -> str:
    return "".join(char for char, _ in groupby(word))


def _runs(word: str) -> list[int]:
    return [len(list(run)) for _, run in groupby(word)]


def _repeats(token: str, word: str) -> bool:
    """Whether `token` is `word` with some letters repeated; both squeeze to the same. «as» is not «ass»."""
    return all(have >= need for have, need in zip(_runs(token), _runs(word), strict=True))


def _within(letters: str, word: str) -> bool:
    """Whether spelled-out letters hold the word, perhaps after other single letters."""
    squeezed, runs, needed = _squeeze(letters), _runs(letters), _runs(word)
    start = squeezed.find(_squeeze(word)) if len(word) >= SHORTEST_SPELLED else -1
    while start >= 0:
        if all(have >= need for have, need in zip(runs[start:], needed, strict=False)):
            return True
        start = squeezed.find(_squeeze(word), start + 1)
    return False
