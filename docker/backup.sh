#!/bin/sh
# `make backup`: the database into the bucket `backups`, Dagster's records into backups/ of this folder; prints the name.
set -eu
cd "$(dirname "$0")/.."
compose() { sh docker/compose.sh "$@"; }
name=${BACKUP:-$(date -u +%Y%m%dT%H%M%SZ)}
mkdir -p backups && chmod 700 backups
compose run --rm -T init backup "$name" >/dev/null
compose exec -T postgres pg_dump --host /tmp --username dagster --format custom dagster >"backups/.$name"
mv "backups/.$name" "backups/$name.dagster"
echo "$name"
