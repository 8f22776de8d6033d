#!/usr/bin/env bash
# A throw-away MariaDB for tests, on loopback, with its files in a folder of its own; no installed server is touched.
# usage: .ci/mariadb.sh start FOLDER PORT | stop FOLDER
set -euo pipefail
action=${1:?start or stop} folder=${2:?folder}
socket=$folder/socket

case $action in
start)
	port=${3:?port}
	mkdir -p "$folder"
	mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$folder/data" --skip-test-db \
		--auth-root-authentication-method=normal >"$folder/install.log" 2>&1 || { cat "$folder/install.log" >&2; exit 1; }
	# Durability is switched off for speed: what this server holds may be lost at any moment.
	mariadbd --no-defaults --user="$(id -un)" --datadir="$folder/data" --socket="$socket" --pid-file="$folder/pid" \
		--bind-address=127.0.0.1 --port="$port" --skip-name-resolve --max-connections=300 --skip-log-bin \
		--character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci --log-error="$folder/error.log" \
		--innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --innodb-buffer-pool-size=256M \
		</dev/null >/dev/null 2>&1 &
	for _ in $(seq 300); do
		mariadb-admin --no-defaults -S "$socket" -uroot ping >/dev/null 2>&1 && break
		sleep 0.1
	done
	mariadb --no-defaults -S "$socket" -uroot -e "
		CREATE DATABASE school CHARACTER SET utf8mb4;
		CREATE USER 'school'@'%' IDENTIFIED BY 'school';
		GRANT ALL ON *.* TO 'school'@'%';" || { tail -20 "$folder/error.log" >&2; exit 1; }
	;;
stop)
	[ ! -f "$folder/pid" ] || kill "$(cat "$folder/pid")"
	while [ -f "$folder/pid" ]; do sleep 0.1; done
	;;
esac
