#!/usr/bin/env bash
# A throw-away PostgreSQL for tests, on loopback, with its files in a folder of its own; no installed server is touched.
# usage: .ci/postgresql.sh start FOLDER PORT | stop FOLDER
set -euo pipefail
action=${1:?start or stop} folder=${2:?folder}
PATH=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1):$PATH
data=$folder/data as=()
[ "$(id -u)" != 0 ] || as=(setpriv --reuid=postgres --regid=postgres --init-groups) # the server refuses to run as root

case $action in
start)
	port=${3:?port}
	mkdir -p "$folder"
	[ ${#as[@]} = 0 ] || chown postgres "$folder"
	cd "$folder"
	"${as[@]}" initdb --pgdata="$data" --username=school --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync \
		>"$folder/install.log" 2>&1 || { cat "$folder/install.log" >&2; exit 1; }
	# Durability is switched off for speed: what this server holds may be lost at any moment.
	"${as[@]}" pg_ctl start --silent --wait --pgdata="$data" --log="$folder/error.log" --options="-p $port \
		-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200 -c fsync=off \
		-c synchronous_commit=off -c full_page_writes=off" || { tail -20 "$folder/error.log" >&2; exit 1; }
	createdb --host=127.0.0.1 --port="$port" --username=school school
	;;
stop)
	[ ! -f "$data/postmaster.pid" ] || { cd "$folder" && "${as[@]}" pg_ctl stop --silent --mode=immediate --pgdata="$data"; }
	;;
esac
