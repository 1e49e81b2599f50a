#!/bin/sh
# `make purge`: remove the stack with its volumes, which hold all data of it, after a question.
set -eu
cd "$(dirname "$0")/.."
if [ "${CONFIRM:-}" != yes ]; then
  printf 'This removes the stack and all its data: drops, events, rollups, events not yet landed. Write yes to go on: '
  read -r answer || answer=
  [ "$answer" = yes ] || { echo "nothing was removed"; exit 1; }
fi
sh docker/compose.sh down --volumes --remove-orphans
echo "removed; .env and secrets are still there"
