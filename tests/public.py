"""The public traces, which are no part of this repository: NEOCLOUD_TRACES names their folder.

Where they are not, a test that needs one skips and says so; beside the project they are found by themselves.
"""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("NEOCLOUD_TRACES") or Path(__file__).resolve().parents[2] / "shared" / "traces")


def public(name: str) -> Path:
    """The file of a public trace, such as `philly_jobs`; without it the test is skipped."""
    path = FOLDER / f"{name}.parquet"
    if not path.exists():
        pytest.skip(f"there is no {name}.parquet in {FOLDER}; NEOCLOUD_TRACES names the folder of the public traces")
    return path
