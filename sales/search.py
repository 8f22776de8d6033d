"""How people find a contact among a million: by the beginnings of words, each word in one normal form."""

import re
import unicodedata

LONGEST = 40  # characters of a word that are kept
LOCAL = 10  # digits at a phone's end that do not depend on how its country is written: 8 916 … or +7 916 …


def normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")


def words_of(*, name: str, email: str, phone: str) -> set[str]:
    """What a contact is found by: the words of its name, its e-mail and the host of it, its phone."""
    found = {*re.findall(r"\w+", normal(name)), normal(email), normal(email).partition("@")[2]}
    found |= {digits(phone), digits(phone)[-LOCAL:]}
    return {word[:LONGEST] for word in found if word}


def words_in(text: str) -> list[str]:
    """What was typed, as beginnings of such words; a phone may be typed with its spaces, brackets and dashes."""
    if re.fullmatch(r"(?=.*\d)[\d\s()+–-]{5,}", text.strip()):
        typed = digits(text)
        return [typed[-LOCAL:] if len(typed) > LOCAL else typed]
    return [part for word in normal(text).split()[:8] for part in _parts(word)]


def digits(phone: str) -> str:
    return "".join(re.findall(r"\d", phone))


def _parts(word: str) -> list[str]:
    return [word[:LONGEST]] if "@" in word or "." in word else [part[:LONGEST] for part in re.findall(r"\w+", word)]
