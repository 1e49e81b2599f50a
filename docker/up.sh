#!/bin/sh
# `make up`: write what is lacking (.env, secrets), build the image, start the stack, wait until it serves, say where.
set -eu
cd "$(dirname "$0")/.."
compose() { sh docker/compose.sh "$@"; }

if [ ! -e .env ]; then
  cat >.env <<'END'
# Settings of the stack, each as in .env.example, which has their defaults. Secrets are files in ./secrets.
# ADS_RETENTION_DAYS=30
# API_WORKERS=4
# API_REPLICAS=2
# BIND=0.0.0.0     with a certificate in secrets/tls: see docs/deploy.md
END
  chmod 600 .env
  echo "wrote .env"
fi
# the file is for compose: only what this script needs is read from it
setting() { sed -n "s/^$1=//p" .env | tail -1; }
folder=${ADS_SECRETS:-$(setting ADS_SECRETS)} folder=${folder:-./secrets}
mkdir -p "$folder/tls" && chmod 700 "$folder"
# containers read them as other users: it is the folder that keeps this machine's other users out
umask 022
random() { LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c "$1"; }
for name in clickhouse_password postgres_password s3_access_key s3_secret_key ui_password; do
  [ -s "$folder/$name" ] || { random 32 >"$folder/$name"; echo "wrote $folder/$name"; }
done

[ -n "${NO_BUILD:-}" ] || compose build init
if [ ! -s "$folder/api_keys" ]; then
  image=${ADS_IMAGE:-$(setting ADS_IMAGE)}
  docker run --rm --network none "${image:-ads-pipeline}" key first --scope write --scope read-analytics --scope read-drops >"$folder/.key"
  sed -n 's/^key, for its holder: *//p' "$folder/.key" >"$folder/first_api_key"
  sed -n 's/^entry, for ADS_API_KEYS: *//p' "$folder/.key" >"$folder/api_keys"
  rm "$folder/.key"
  chmod 600 "$folder/first_api_key"
  echo "wrote $folder/api_keys, and the key itself as $folder/first_api_key"
fi

compose up -d --remove-orphans
bind=${BIND:-$(setting BIND)} api=${ADS_API_PORT:-$(setting ADS_API_PORT)} ui=${ADS_UI_PORT:-$(setting ADS_UI_PORT)} user=${UI_USER:-$(setting UI_USER)}
host=${bind:-127.0.0.1} scheme=http
[ "$host" != 0.0.0.0 ] || host=127.0.0.1
[ ! -s "$folder/tls/tls.crt" ] || scheme=https
tries=90
until compose exec -T nginx curl -fsk -o /dev/null "$scheme://127.0.0.1:8000/readyz" 2>/dev/null; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || { echo "the API is not ready after three minutes: see \`make logs\`" >&2; exit 1; }
  sleep 2
done
echo "Dagster UI  $scheme://$host:${ui:-3000}   user ${user:-ads}, password in $folder/ui_password"
echo "API         $scheme://$host:${api:-8000}   key in $folder/first_api_key, described at /docs"
