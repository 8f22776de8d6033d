#!/usr/bin/env python
"""Django's command line: `python manage.py help` lists what it can do."""

import os
import sys

from django.core.management import execute_from_command_line
from django.db import OperationalError, ProgrammingError

TELLS_ALL = {"migrate", "prepare", "--traceback"}  # of a failed migration one wants to know where


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings")
    try:
        execute_from_command_line(sys.argv)
    except (OperationalError, ProgrammingError) as error:
        if TELLS_ALL & set(sys.argv):
            raise
        hint = "Is it there, and has manage.py prepare made its tables? (--traceback: where)"
        sys.exit(f"The database refuses: {error}\n{hint}")


if __name__ == "__main__":
    main()
