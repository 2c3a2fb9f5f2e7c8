#!/bin/sh
# Run a verb of heuresis beside the cluster: campaign HOST:PORT VERB ...
set -eu

head=$1
shift
# Verbs that evaluate need a Ray node in this container: a driver talks to its own.
case ${1-} in
  # Standard output belongs to --json.
  run | resume | report) ray-node join "$head" >&2 ;;
esac
# After Ray has started, so that none of its processes inherits the password.
PGPASSWORD=$(cat "${POSTGRES_PASSWORD_FILE:-/run/secrets/postgres_password}")
export PGPASSWORD
exec heuresis "$@"
