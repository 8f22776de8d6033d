"""Russian is complete."""

from pathlib import Path

import polib
from django.conf import settings

PO = Path(settings.BASE_DIR) / "locale/ru/LC_MESSAGES/django.po"


def test_every_text_has_a_russian_translation() -> None:
    entries = polib.pofile(str(PO))
    assert len(entries) > 100
    assert [entry.msgid for entry in entries if not entry.translated() or entry.fuzzy] == []


def test_the_compiled_catalogue_is_the_one_people_edit() -> None:
    compiled = {(e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in polib.mofile(str(PO.with_suffix(".mo")))}
    edited = {(e.msgctxt, e.msgid): (e.msgstr, e.msgstr_plural) for e in polib.pofile(str(PO))}
    assert compiled == edited
