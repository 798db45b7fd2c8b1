"""Kernels: the same source runs compiled where numba is installed, and as plain Python elsewhere.

A kernel takes flat columns of integers and gives some back. NEOCLOUD_PLAIN in the environment keeps numba out.
"""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Kernel = TypeVar("Kernel", bound=Callable[..., Any])
Column = NDArray[np.int64]
"""A column within a kernel; a list of integers when plain."""

_njit: Any = None
if not os.environ.get("NEOCLOUD_PLAIN"):
    try:
        from numba import njit as _njit
    except ImportError:
        _njit = None

IS_COMPILED = _njit is not None


def compiled(kernel: Kernel) -> Kernel:
    """The kernel as machine code, which is kept on disk for the next start; itself when plain."""
    if _njit is None:
        return kernel
    made: Kernel = _njit(cache=True, nogil=True)(kernel)
    return made


def columns(*arrays: Column) -> tuple[Any, ...]:
    """The arrays as a kernel takes them: as they are, or as lists when plain, which Python reads much faster."""
    return arrays if IS_COMPILED else tuple(array.tolist() for array in arrays)
