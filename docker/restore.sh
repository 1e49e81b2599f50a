#!/bin/sh
# `make restore BACKUP=name`: stop the pipeline, put database and Dagster's records back as they were, start it again.
set -eu
cd "$(dirname "$0")/.."
compose() { sh docker/compose.sh "$@"; }
name=${BACKUP:-}
case $name in "" | *[!A-Za-z0-9_.-]*) echo "say which: make restore BACKUP=name" >&2; exit 1 ;; esac
[ -s "backups/$name.dagster" ] || { echo "there is no backups/$name.dagster: the backups here are: $(ls backups 2>/dev/null | tr '\n' ' ')" >&2; exit 1; }
if [ "${CONFIRM:-}" != yes ]; then
  printf 'This replaces the database and the records of runs by those of %s. Write yes to go on: ' "$name"
  read -r answer || answer=
  [ "$answer" = yes ] || { echo "nothing was changed"; exit 1; }
fi
compose stop daemon webserver code
compose run --rm -T init restore "$name" --yes
compose exec -T postgres pg_restore --host /tmp --username dagster --dbname dagster --clean --if-exists --no-owner <"backups/$name.dagster"
compose up -d
echo "restored $name; the next run loads what has landed since"
