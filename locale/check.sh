#!/bin/sh
# Fails when a text in the code is not in locale/ru yet. usage: sh locale/check.sh PYTHON      needs: gettext
set -eu
po=locale/ru/LC_MESSAGES/django.po
before=$(mktemp)
cp "$po" "$before"
trap 'cp "$before" "$po"; rm -f "$before"' EXIT
DEBUG=on "$1" manage.py makemessages --locale ru --no-location --no-wrap --no-obsolete --ignore .venv --ignore tests --verbosity 0
diff -I POT-Creation-Date "$before" "$po" || { echo "locale/ru is out of date: run make messages, then translate" >&2; exit 1; }
