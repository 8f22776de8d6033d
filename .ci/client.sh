#!/usr/bin/env bash
# docs/examples/client.py against a real gunicorn over a demo school in a throw-away SQLite file.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
export DEBUG=on DATABASE_URL="sqlite:///$work/school.sqlite3"
.venv/bin/python manage.py migrate --verbosity 0
.venv/bin/python manage.py demo >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
.venv/bin/python -m gunicorn crm.wsgi --bind "127.0.0.1:$port" --workers 2 >"$work/gunicorn.log" 2>&1 &
server=$!
until curl -fsS "http://127.0.0.1:$port/openapi.json" >/dev/null 2>&1; do
	kill -0 "$server" && [ "$SECONDS" -lt 60 ] || { cat "$work/gunicorn.log"; exit 1; }
	sleep 0.3
done
python3 docs/examples/client.py "http://127.0.0.1:$port"
