#!/usr/bin/env bash
# Installs the programs that the tests need (PostgreSQL, Chromium, Prometheus, wrk) where that is wanted: in CI, or with
# NEOCLOUD_INSTALL=1. Elsewhere tests that need a missing program skip, and say so.
set -euo pipefail
[ "${CI:-}" = true ] || [ "${NEOCLOUD_INSTALL:-}" = 1 ] || exit 0

missing=()
compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || missing+=(chromium)
command -v prometheus >/dev/null && command -v promtool >/dev/null || missing+=(prometheus)
command -v wrk >/dev/null || missing+=(wrk)
[ "${#missing[@]}" -gt 0 ] || exit 0

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null

# Only the programs are wanted: what a package has started of Prometheus is stopped again, and stays so.
if [[ " ${missing[*]} " == *" prometheus "* ]]; then
    for unit in prometheus prometheus-node-exporter; do
        systemctl disable --now "$unit" >/dev/null 2>&1 || service "$unit" stop >/dev/null 2>&1 || true
        pid_file=/run/prometheus/$unit.pid
        [ ! -s "$pid_file" ] || kill "$(cat "$pid_file")" 2>/dev/null || true
    done
fi
