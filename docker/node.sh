#!/bin/sh
# Start a Ray node in a container, or refuse to.
#
#   ray-node head PORT                        the head; it runs no evaluation
#   ray-node worker HOST:PORT CPUS LEVEL      refuses below the sandbox level LEVEL
#   ray-node join HOST:PORT                   a node for a driver, in the background
#   ray-node check HOST:PORT                  is there a node here, and the head?
set -eu

usage() {
  sed -n 's/^#   /usage: /p' "$0" >&2
  exit 2
}

# Ray looks for its own address along the route to the internet. There is none inside
# the compose network, and a second network would give the wrong one.
own_address() {
  python3 -c '
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    probe.connect((sys.argv[1], 9))
    print(probe.getsockname()[0])' "$1"
}

# Nothing but what Ray needs: its processes run whatever the cluster sends them.
clean_ray() {
  exec env -i PATH="$PATH" HOME="${HOME:-/tmp}" LANG=C.UTF-8 \
    RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=/run/secrets/ray_auth_token \
    RAY_USAGE_STATS_ENABLED=0 ray "$@"
}

start() {
  clean_ray start --disable-usage-stats --object-store-memory=134217728 "$@"
}

# Its file stays when a raylet dies, but nobody answers there.
local_node_answers() {
  python3 -c '
import socket
with socket.socket(socket.AF_UNIX) as probe:
    probe.connect("/tmp/ray/session_latest/sockets/raylet")'
}

[ $# -ge 2 ] || usage
role=$1
shift
case $role in
  head)
    address=$(own_address "$(hostname)")
    start --head --port="$1" --node-ip-address="$address" --num-cpus=0 \
      --include-dashboard=false --block
    ;;
  worker)
    [ $# -eq 3 ] || usage
    python3 "${HEURESIS_PROBE:-/opt/heuresis/probe.py}" "$3"
    address=$(own_address "${1%:*}")
    start --address="$1" --node-ip-address="$address" --num-cpus="$2" --block
    ;;
  join)
    address=$(own_address "${1%:*}")
    start --address="$1" --node-ip-address="$address" --num-cpus=0
    ;;
  check)
    local_node_answers
    clean_ray health-check --address "$1"
    ;;
  *) usage ;;
esac
