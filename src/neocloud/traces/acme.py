"""Acme (`trace_seren.csv`, `trace_kalos.csv`): a row for each job, times with a zone; an end may be empty."""

from neocloud.traces.columns import Clock
from neocloud.traces.tabular import Layout

COLUMNS = {
    "job_id": "job_id",
    "team": "user",
    "gpus": "gpu_num",
    "nodes": "node_num",
    "outcome": "state",
    "submit": "submit_time",
    "start": "start_time",
    "end": "end_time",
}


def acme_layout(zone: str | None) -> Layout:
    """Where Acme has what; its users are the teams, for it names no others."""
    return Layout("Acme", "acme", COLUMNS, Clock(zone=zone), knows_states=True)
