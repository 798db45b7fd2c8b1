"""The plan, against slow and obvious oracles: its mathematics, the ledger beneath it, and what it says of both."""

from hypothesis import settings

quick = settings(max_examples=60, deadline=None)
slow = settings(max_examples=20, deadline=None)
"""Where an example solves many programs, or opens a ledger."""
