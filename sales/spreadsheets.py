"""Reading a spreadsheet that was saved as CSV, as Excel in Russia and elsewhere does it."""

import csv
import io
import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from tablib import Dataset

from sales.models import Contact

MOST_ROWS = 2_000  # each is a transaction of its own: some seconds in all
HEADERS = {
    "name": {"name", "full name", "имя", "фио", "контакт", "клиент"},
    "email": {"email", "e-mail", "mail", "почта", "эл. почта", "электронная почта", "емейл"},
    "phone": {"phone", "tel", "телефон", "тел", "тел."},
    "source": {"source", "источник"},
}


def title_of(column: str) -> str:
    """What people call a column."""
    field: Any = Contact._meta.get_field(column)
    return str(field.verbose_name)


def text_of(data: bytes) -> str:
    """UTF-8, with or without its mark, UTF-16 with it, or Windows-1251. Raises ValidationError."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = [] if b"\x00" in data else ["utf-8-sig", "cp1251"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValidationError(_("This is not a CSV file. Save the table as “CSV UTF-8” and choose that file."))


def rows_of(text: str) -> Dataset:
    """The rows, each with the number of the line where it ends. Raises ValidationError that says what is wrong."""
    _refuse_nul(text)
    text = re.sub(r"\Asep=.\r?\n", "", text)  # Excel's own first line
    first = text.lstrip().partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=first.count))
    rows = Dataset(headers=["line", *HEADERS, "surplus"])
    columns: list[str] = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if not columns:
                columns = _columns(cells)
            elif len(rows) == MOST_ROWS:
                raise ValidationError(_("A file holds at most %(n)d rows. Divide it.") % {"n": MOST_ROWS})
            else:
                rows.append(_row(reader.line_num, columns, cells))
    except csv.Error as error:
        raise ValidationError(_("Line %(n)d cannot be read as CSV.") % {"n": reader.line_num}) from error
    if not len(rows):
        raise ValidationError(_("There is no row in this file."))
    return rows


def _refuse_nul(text: str) -> None:
    """Only some databases keep that character, and no person has typed it."""
    before, nul, _after = text.partition("\x00")
    if nul:
        line = before.count("\n") + 1
        raise ValidationError(_("Line %(n)d holds a NUL character, which no text may. Remove it.") % {"n": line})


def _columns(cells: list[str]) -> list[str]:
    """What each column holds, by its title; empty for one that is of no use here."""
    titles = [cell.strip().casefold() for cell in cells]
    columns = [next((name for name, known in HEADERS.items() if title in known), "") for title in titles]
    if "name" not in columns:
        raise ValidationError(_("The first line must name the columns, and one of them must be “name”."))
    for name in HEADERS:
        if columns.count(name) > 1:
            raise ValidationError(_("The column “%(name)s” is there twice.") % {"name": title_of(name)})
    return columns


def _row(line: int, columns: list[str], cells: list[str]) -> list[str]:
    cells = [re.sub(r"\A'(?=[=+\-@])", "", cell.strip()) for cell in cells]  # the apostrophe of our own export
    found = dict(zip(columns, cells, strict=False))
    return [str(line), *(found.get(name, "") for name in HEADERS), "".join(cells[len(columns) :])]
