"""Replays: kernels beside slow oracles, laws, and what a surplus says."""

import tests.laws  # noqa: F401  (the profile that laws run under)
