"""Helios (`cluster_log.csv`): a row for each job, times without a zone, those of the site at UTC+8."""

from neocloud.traces.columns import Clock
from neocloud.traces.tabular import Layout

ZONE = "Asia/Shanghai"
COLUMNS = {
    "job_id": "job_id",
    "team": "vc",
    "gpus": "gpu_num",
    "nodes": "node_num",
    "outcome": "state",
    "submit": "submit_time",
    "start": "start_time",
    "end": "end_time",
}


def helios_layout(zone: str | None) -> Layout:
    """Where Helios has what; a virtual cluster is a team."""
    return Layout("Helios", "helios", COLUMNS, Clock(zone=zone or ZONE), knows_states=True)
