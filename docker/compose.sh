#!/bin/sh
# Compose as this machine has it: the plugin of docker, or docker-compose.
set -eu
cd "$(dirname "$0")/.."
if docker compose version >/dev/null 2>&1; then exec docker compose "$@"; fi
command -v docker-compose >/dev/null || { echo "Docker with Compose is needed: https://docs.docker.com/compose/install" >&2; exit 1; }
exec docker-compose "$@"
