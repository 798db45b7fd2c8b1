"""The kernels run compiled by numba where it is installed (the extra `backtest`), else as the plain Python they are.

One source for both: whole numbers in flat columns, and heaps of whole numbers made inside the kernel.
`NEOCLOUD_PLAIN=1` asks for plain Python, which is also how tests see that both say the same.
"""

import os
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

Kernel = TypeVar("Kernel", bound=Callable[..., Any])

Column = Any
"""Whole numbers: an array when compiled, a list in plain Python."""

IS_COMPILED = not os.environ.get("NEOCLOUD_PLAIN") and find_spec("numba") is not None

JOB_BITS = 24
"""An end is one whole number: its instant, and in the last so many bits the job; 16.7 million jobs are the most."""

JOB_MASK = (1 << JOB_BITS) - 1

LATEST_S = 1 << (62 - JOB_BITS)
"""The instant by which a replay must have ended, so that such a number is one (8,700 years)."""

NEVER_S = 1 << 60
"""An instant after all others."""


def compiled(kernel: Kernel) -> Kernel:
    """The kernel, compiled if numba is there; it then lets other threads run beside it.

    What was compiled is kept for the next start, if there is a folder that can be written.
    """
    if not IS_COMPILED:
        return kernel
    from numba import config, njit  # noqa: PLC0415

    folder = _kept_in()
    if folder is not None:
        setattr(config, "CACHE_DIR", str(folder))  # noqa: B010  (numba makes its settings at run time)
    return cast(Kernel, njit(cache=folder is not None, nogil=True)(kernel))


@cache
def _kept_in() -> Path | None:
    """A folder for these very kernels: numba itself would not see that one which another calls has changed."""
    sources = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or f"{home}/neocloud") / sha256(sources).hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def is_compiled_yet(kernel: Callable[..., Any]) -> bool:
    """Whether a start before this one has compiled a kernel and kept it, so that it need not be done now."""
    folder = _kept_in() if IS_COMPILED else None
    return folder is None or any(folder.glob(f"*/*.{kernel.__name__}-*.nbi"))


def columns(*arrays: np.ndarray) -> tuple[Any, ...]:
    """Columns in the form that kernels read fastest: arrays when compiled, lists in plain Python."""
    return arrays if IS_COMPILED else tuple(array.tolist() for array in arrays)
