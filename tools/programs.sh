#!/usr/bin/env bash
# Installs the programs that the tests need (PostgreSQL, Chromium) where that is wanted: in CI, or with
# NEOCLOUD_INSTALL=1. Elsewhere tests that need a missing program skip, and say so.
set -euo pipefail
[ "${CI:-}" = true ] || [ "${NEOCLOUD_INSTALL:-}" = 1 ] || exit 0

missing=()
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || missing+=(chromium)
if [ "${#missing[@]}" -gt 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi
