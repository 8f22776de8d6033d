"""What must hold for any input. Run by `make contract`, beside the schema's own generated data."""

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.factories import OrganizationFactory
from courses.models import Course
from crm.pagination import InvalidCursor, paginate
from crm.templatetags.school import markdown, money
from feedback.words import find_banned, normalise

WORDS = st.text(st.sampled_from("абвгдежзийклмнопрстуфхцчшщыьэюяabcdefghijklmnopqrstuvwxyz"), min_size=3, max_size=12)
LOOKS_LIKE = {"а": "a", "о": "0", "е": "e", "с": "c", "р": "p", "х": "x", "у": "y"}


@given(WORDS, st.text(max_size=40), st.data())
def test_a_disguised_word_is_found_in_any_text(word: str, text: str, data: Any) -> None:
    repeated = "".join(char * data.draw(st.integers(1, 3)) for char in word)
    swapped = "".join(LOOKS_LIKE.get(char, char) if data.draw(st.booleans()) else char for char in word)
    for disguise in (word.upper(), repeated, swapped, " ".join(word), ".".join(word)):
        assert find_banned(f"{disguise}\n, {text}" if text else disguise, [normalise(word)]), disguise


@given(WORDS, WORDS)
def test_a_word_inside_a_longer_one_is_innocent(word: str, more: str) -> None:
    whole = normalise(word + more)
    squeezed = "".join(char for char, after in pairwise([*whole, ""]) if char != after)
    banned = normalise(word)
    if banned != whole and "".join(char for char, after in pairwise([*banned, ""]) if char != after) != squeezed:
        assert find_banned(word + more, [banned]) is None


@given(st.text(), st.lists(WORDS, max_size=5))
def test_no_text_breaks_the_matcher(text: str, banned: list[str]) -> None:
    assert find_banned(text, map(normalise, banned)) in {None, *map(normalise, banned)}


@given(st.decimals(min_value=0, max_value=Decimal("99999999.99"), places=2), st.sampled_from(["RUB", "EUR", "XYZ"]))
def test_money_keeps_its_digits(amount: Decimal, currency: str) -> None:
    shown = money(amount, currency)
    digits = "".join(char for char in shown if char.isdigit())
    assert digits in (str(amount).replace(".", ""), str(int(amount)), "") or not amount


@given(st.text(max_size=300))
def test_no_markdown_becomes_a_script(text: str) -> None:
    html = markdown(text).lower()
    assert "<script" not in html
    assert "javascript:" not in html.replace("&", "") or 'href="javascript' not in html


class Cursors(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), max_size=25),
        st.sampled_from(["price", "-price", "starts_on", "-starts_on"]),
        st.integers(1, 7),
    )
    def test_pages_hold_every_row_once_in_order_both_ways(
        self, rows: list[tuple[int, int]], order: str, size: int
    ) -> None:
        school = OrganizationFactory()
        Course.objects.bulk_create(
            Course(organization=school, title="x", slug=f"s{n}", price=price, starts_on=date(2030, 1, day))
            for n, (price, day) in enumerate(rows)
        )
        listed = Course.objects.filter(organization=school).order_by(order)
        tie = "-pk" if order.startswith("-") else "pk"
        expected = list(listed.order_by(order, tie).values_list("pk", flat=True))
        page, pages = paginate(listed, cursor=None, size=size), []
        pages.append([row.pk for row in page.rows])
        while page.next:
            page = paginate(listed, cursor=page.next, size=size)
            pages.append([row.pk for row in page.rows])
        assert [pk for rows in pages for pk in rows] == expected
        while page.previous:
            page = paginate(listed, cursor=page.previous, size=size)
            pages.pop()
            assert [row.pk for row in page.rows] == pages[-1]

    @given(st.text(max_size=200))
    def test_any_text_for_a_cursor_is_a_page_or_a_refusal(self, text: str) -> None:
        try:
            assert paginate(Course.objects.order_by("price"), cursor=text, size=5).rows == []
        except InvalidCursor as refusal:
            assert str(refusal)  # noqa: PT017 - either end is right


@pytest.mark.parametrize("word", ["aa", "aab", "abb"])
def test_a_letter_too_few_is_another_word(word: str) -> None:
    assert find_banned(word[:-1] if word != "aab" else "ab", [normalise(word)]) is None
