"""How prices, ratings and Markdown look on a page."""

from decimal import Decimal

import nh3
from django import template
from django.template.defaultfilters import floatformat
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from markdown_it import MarkdownIt

register = template.Library()

SIGNS = {"RUB": "₽", "USD": "$", "EUR": "€", "GBP": "£", "KZT": "₸"}
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table")


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """An amount in the page's language, without empty cents; zero is “free”."""
    if not amount:
        return pgettext("price", "free")
    return sum_of(amount, currency)


@register.filter
def sum_of(amount: Decimal, currency: str) -> str:
    """As `money`, but nothing is nothing."""
    return f"{floatformat(amount, '-2g')}\u00a0{SIGNS.get(currency, currency)}"


@register.filter
def percent(number: int | None) -> str:
    return "–" if number is None else _("%(number)d%%") % {"number": number}


@register.filter
def stars(rating: float) -> str:
    full = round(rating)
    return "★" * full + "☆" * (5 - full)


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as HTML that is safe to show: raw HTML is text, and whatever tags come out pass a whitelist."""
    tokens = _markdown.parse(text)
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    shift = 2 - min((int(token.tag[1]) for token in headings), default=2)  # the page has its own h1
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) + shift, 6)}"
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    return mark_safe(nh3.clean(html, link_rel="nofollow noopener"))  # noqa: S308 - nh3 has just cleaned it
