"""The service measured: `neocloud serve` on loopback, by wrk, beside a bare FastAPI route in the same run."""
