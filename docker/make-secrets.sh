#!/bin/sh
# Make the token of the Ray cluster and the password of PostgreSQL, where missing.
set -eu

folder=$(dirname "$0")/secrets
# The containers' user is another one than yours: the files are readable, and the
# folder keeps the other users of this machine away.
mkdir -p "$folder"
chmod 700 "$folder"
for name in ray_auth_token postgres_password; do
  [ -s "$folder/$name" ] && continue
  (umask 022 && head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$folder/$name")
  echo "made $folder/$name"
done
