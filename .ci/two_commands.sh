#!/usr/bin/env bash
# The README's two commands as a newcomer runs them: a fresh clone in a path with spaces, with an empty home.
set -euo pipefail
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null || true; rm -rf "$work"' EXIT
git clone --quiet . "$work/my school"
mkdir "$work/home"
cd "$work/my school"
export HOME="$work/home"
unset DATABASE_URL
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

serve() { # serve LIMIT: start `make run`, wait for its first page at most LIMIT seconds, look around, stop it
	local started=$SECONDS
	make run PORT="$port" >"$work/run.log" 2>&1 &
	server=$!
	until curl -fsS "http://127.0.0.1:$port/" >"$work/home.html" 2>/dev/null; do
		kill -0 "$server" 2>/dev/null && [ $((SECONDS - started)) -lt "$1" ] || { cat "$work/run.log"; exit 1; }
		sleep 0.5
	done
	echo "make run: the first page after $((SECONDS - started)) s"
	grep -q 'Python с нуля' "$work/home.html"
	curl -fsS "http://127.0.0.1:$port/api/v1/courses" | grep -q '"results"'
	pkill -TERM -P "$server"
	wait "$server" 2>/dev/null || true
}

serve 300
grep -q 'manager@demo.example' "$work/run.log"
grep -q "http://localhost:$port" "$work/run.log"
[ "$(stat -c %a .env)" = 600 ]
serve 20
grep -q 'nothing was changed' "$work/run.log"
make test
