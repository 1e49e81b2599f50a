#!/bin/sh
# Start Postgres with one user, whose password is a secret's; set at each start, so a new password takes a restart.
set -eu
[ -s /run/secrets/postgres_password ] || { echo "the secret postgres_password is missing: run \`make up\`, or write it into the folder of secrets" >&2; exit 1; }
password=$(tr -d '\n' </run/secrets/postgres_password)
case $password in *[!A-Za-z0-9_-]*) echo "the secret postgres_password has other characters than letters, digits, _ and -" >&2; exit 1 ;; esac
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA.new"  # one that was killed before it was done
  initdb --pgdata="$PGDATA.new" --username=dagster --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 >/dev/null
  echo 'host all all all scram-sha-256' >>"$PGDATA.new/pg_hba.conf"
  mv "$PGDATA.new" "$PGDATA"
fi
{
  printf "ALTER USER dagster PASSWORD '%s';\n" "$password"
  printf "CREATE DATABASE dagster;\n"
} | postgres --single -D "$PGDATA" postgres >/dev/null 2>&1 || true  # the database is there from the second start on
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=200 -c log_min_messages=warning -c log_checkpoints=off
