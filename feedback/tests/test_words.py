"""Banned words in disguise are found; words that merely hold their letters are not."""

import time

import pytest

from feedback.words import find_banned, normalise

BANNED = [normalise(word) for word in ("дурень", "spam", "shit", "badword", "ass")]


DISGUISED = [
    "дурень", "Ты ДУРЕНЬ!", "Д У Р Е Н Ь", "д.у.р.е.н.ь", "ду-рень", "дypень", "дурёнь", "дуууурень", "д у р р е н ь",
    "я в ш о к е д у р е н ь", "shiiit", "SHIT", "ｓｈｉｔ", "s h i t", "sh1t", "$hit", "s\u200bhit", "ѕhіt", "s_h_i_t",
    "S.P.A.M", "bad-word", "b@dw0rd", "такой badword тут", "shít", "ass", "asss", "а s s",
]  # fmt: skip
INNOCENT = [
    "Essex", "учебный курс", "ребёнок", "Scunthorpe", "одурение", "spamming нельзя", "as", "а с", "class", "shitake",
    "дуреньский", "плохое слово", "bad word", "", "🙂🙂🙂", "\x00", "и в с е", "Asса", "50 % скидка", "a-s",
]  # fmt: skip


def test_disguises_are_found() -> None:
    assert [text for text in DISGUISED if not find_banned(text, BANNED)] == []


def test_innocent_texts_pass() -> None:
    assert [text for text in INNOCENT if find_banned(text, BANNED)] == []


@pytest.mark.sweep
def test_a_long_text_of_single_letters_is_checked_quickly() -> None:
    assert find_banned("а " * 5000, [normalise("аб" * 20)] * 500) is None


@pytest.mark.sweep
@pytest.mark.parametrize("text", ["㌫" * 5000, "a" * 5000, "-a" * 2500, "_" * 5000, "а." * 2500])
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    find_banned(text, BANNED)
    assert time.process_time() - start < 1
