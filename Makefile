# Targets for people; `.ci/run` calls the same ones. Only relative paths: the checkout may live in a path with spaces.
PYTHON ?= python3
PORT ?= 8000
BIND ?= 127.0.0.1
CHROMIUM ?= /usr/bin/chromium

python := .venv/bin/python
manage := $(python) manage.py
pip := $(python) -m pip --disable-pip-version-check --quiet install --require-hashes --requirement
schema := DEBUG=on LANGUAGE_CODE=en $(manage) spectacular --format openapi-json
workers ?= 2
# Plugins that the suite does not use cost each worker their start.
unused := -p no:playwright -p no:base_url -p no:faker -p no:hypothesispytest -p no:schemathesis
# Tests with a target of their own.
own_stages := race or browser or kafka or bench or backup or graceful
# A machine may forbid Python to keep what it has compiled; then each run compiles a thousand modules anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run test sweep check quick race backup graceful browser contract test-mariadb test-mysql test-postgres kafka bench-events messages openapi lock format clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11 …" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "The venv module is missing (on Debian: apt-get install python3-venv)" >&2; exit 1; }

.venv/run: requirements.txt | .venv/bin/python
	@echo "Installing requirements.txt …"
	@$(pip) requirements.txt
	@touch .venv/run

.venv/dev: requirements-dev.txt | .venv/bin/python
	@echo "Installing requirements-dev.txt …"
	@$(pip) requirements-dev.txt
	@touch .venv/dev .venv/run

.venv/prod: requirements-prod.txt .venv/dev
	@echo "Installing requirements-prod.txt …"
	@$(pip) requirements-prod.txt
	@touch .venv/prod

.env:
	@umask 077; $(PYTHON) -c 'import secrets; print(f"DEBUG=on\nSECRET_KEY={secrets.token_urlsafe(50)}")' > .env
	@echo "Wrote .env with a random SECRET_KEY and DEBUG=on"

run: .venv/run .env ## install, migrate, fill the demo school once, serve http://localhost:8000 (PORT=…)
	@$(manage) migrate --verbosity 0
	@$(manage) demo
	@echo "Serving http://localhost:$(PORT)  (admin: http://localhost:$(PORT)/admin/ · stop: Ctrl-C)"
	@$(manage) runserver --skip-checks $(BIND):$(PORT)

test: .venv/dev ## the suite on in-memory SQLite, in random order, without its long tables
	@$(python) -m pytest -n $(workers) --dist worksteal $(unused) $(args)

quick: .venv/dev
	@$(python) -m ruff format --check .
	@$(python) -m ruff check .

check: quick ## formatting, lint, types, migrations, system checks, OpenAPI, translations, tests
	@$(python) -m mypy .
	@DEBUG=on $(manage) makemigrations --check --dry-run
	@DEBUG=on $(manage) check --fail-level WARNING
	@DEBUG=off ALLOWED_HOSTS=school.example EMAIL_URL=smtp://localhost SECRET_KEY=$$($(python) -c 'import secrets; print(secrets.token_hex(40))') $(manage) check --deploy --fail-level WARNING
	@$(schema) --validate --fail-on-warn --file .venv/openapi.json
	@diff -q docs/openapi.json .venv/openapi.json || { echo "docs/openapi.json is out of date: run make openapi" >&2; exit 1; }
	@sh locale/check.sh $(python)
	@$(MAKE) --no-print-directory test
	@$(MAKE) --no-print-directory sweep

sweep: .venv/dev ## the long tables: every role, page and bad value
	@$(python) -m pytest -m sweep -n $(workers) --dist worksteal $(unused) $(args)

race: .venv/dev ## races for the last seat, on the database that DATABASE_URL names (default: a SQLite file)
	@DATABASE_URL="$${DATABASE_URL:-sqlite:///race.sqlite3}" $(python) -m pytest --migrations -m race -p no:randomly $(args)

backup: .venv/dev ## backup under writes, restore, start-up of replicas, on the database that DATABASE_URL names
	@$(python) -m pytest --migrations -m backup -p no:randomly $(args)

graceful: .venv/dev ## restarts of replicas under load behind HAProxy (needs haproxy)
	@$(python) -m pytest --migrations -m graceful -p no:randomly $(args)

browser: .venv/dev ## the whole story in Chromium (CHROMIUM=/usr/bin/chromium)
	@CHROMIUM="$(CHROMIUM)" $(python) -m pytest --migrations -m browser $(args)

contract: .venv/dev ## every operation of the schema with generated data, as each role; and properties
	@$(python) -m pytest --migrations crm/tests/contract.py crm/tests/properties.py -p no:randomly -n $(workers) $(args)

test-mysql test-postgres: test-mariadb
test-mariadb: .venv/prod ## the suite and the races on the server that DATABASE_URL names; also test-mysql, test-postgres
	@case "$$DATABASE_URL" in mysql://* | postgres://*) ;; *) echo "Set DATABASE_URL=mysql://… or postgres://user:password@host:port/name" >&2; exit 1 ;; esac
	@$(python) -m pytest --migrations -m "not ($(own_stages))" -n $(workers) --dist worksteal $(unused) $(args)
	@$(MAKE) --no-print-directory race

kafka: .venv/dev ## relays and consumers that are killed, over an in-memory broker or the one of KAFKA_BOOTSTRAP_SERVERS
	@DATABASE_URL="$${DATABASE_URL:-sqlite:///kafka.sqlite3}" $(python) -m pytest --ds crm.tests.kafka.settings --migrations -m kafka -p no:randomly $(args)

bench-events: .venv/dev ## events per second through emit, relay and consumers, on the database of DATABASE_URL
	@DATABASE_URL="$${DATABASE_URL:-sqlite:///kafka.sqlite3}" $(python) -m pytest --ds crm.tests.kafka.settings --migrations -m bench -p no:randomly -q -s $(args) | grep events/s

messages: .venv/dev ## collect texts into locale/ru and compile them (needs gettext)
	@DEBUG=on $(manage) makemessages --locale ru --no-location --no-wrap --no-obsolete --ignore .venv --ignore tests --verbosity 0
	@DEBUG=on $(manage) compilemessages --locale ru --ignore .venv --ignore tests --verbosity 0

openapi: .venv/dev ## write docs/openapi.json anew
	@$(schema) --file docs/openapi.json

lock: .venv/dev ## resolve the three requirements files again (needs uv)
	@for set in "" dev prod; do uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
		$${set:+--extra $$set} pyproject.toml --output-file requirements$${set:+-$$set}.txt $(args); done

format: .venv/dev ## let ruff format and fix
	@$(python) -m ruff format .
	@$(python) -m ruff check --fix .

clean: ## remove the virtual environment and caches; .env and the database stay
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache staticfiles
