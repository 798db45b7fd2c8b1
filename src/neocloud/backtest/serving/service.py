"""What is promised to those who send requests, and what a GPU can do for them."""

import re
from math import ceil, inf

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from neocloud.errors import Invalid
from neocloud.model.traces import Whole
from neocloud.settings import MOST_GPUS
from neocloud.units import DAY_S

_LATENCY = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(ms|s|m)")
_LATENCY_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0}
SLACK_GPUS = 1e-6
"""What sums of floats may be off by; a need over a whole number by less is that number."""


class Service(Struct, frozen=True, kw_only=True):
    """The latency that is promised, and the rates of a GPU; checked when made."""

    input_tokens_per_gpu_s: float
    output_tokens_per_gpu_s: float
    latency_s: float
    """From the arrival of a request to its last token."""

    utilisation_ratio: float = 1.0
    """How busy a GPU may be made."""

    replica_gpus: int = 1
    """Capacity comes in multiples of this."""

    def __post_init__(self) -> None:
        for rate in (self.input_tokens_per_gpu_s, self.output_tokens_per_gpu_s):
            if not 0 < rate < inf:
                raise Invalid(f"a GPU that does {rate:g} tokens a second serves nobody; give a rate over 0")
        if not 0 < self.latency_s <= DAY_S:
            raise Invalid(f"a latency of {self.latency_s:g} s cannot be kept; give one over 0, up to a day")
        if not 0 < self.utilisation_ratio <= 1:
            raise Invalid(f"a utilisation of {self.utilisation_ratio:g} cannot be; give a ratio over 0, up to 1")
        if not 0 < self.replica_gpus <= MOST_GPUS:
            raise Invalid(f"a replica of {self.replica_gpus:,} GPUs cannot be; give 1 or more")

    @classmethod
    def of(cls, rate: str, latency: str, *, utilisation_ratio: float = 1.0, replica_gpus: int = 1) -> "Service":
        """Of `1500`, or `12000,900` for input and output tokens, and of `2s`, `0.5s` or `500ms`."""
        try:
            rates = [float(part) for part in rate.split(",")]
        except ValueError:
            rates = []
        if len(rates) not in {1, 2}:
            raise Invalid(
                f"{rate!r} is no rate; write tokens per GPU-second, 1500, or 12000,900 for input and output"
            )
        found = _LATENCY.fullmatch(latency.strip())
        if not found:
            raise Invalid(f"{latency!r} is no latency; write a number and ms, s or m, such as 2s or 500ms")
        return cls(
            input_tokens_per_gpu_s=rates[0],
            output_tokens_per_gpu_s=rates[-1],
            latency_s=float(found[1]) * _LATENCY_UNITS_S[found[2]],
            utilisation_ratio=utilisation_ratio,
            replica_gpus=replica_gpus,
        )

    def work_gpu_s(self, input_tokens: Whole, output_tokens: Whole) -> NDArray[np.float64]:
        """How long each request would keep one GPU busy. Raises Invalid: more than any fleet could do."""
        with np.errstate(over="ignore"):
            work: NDArray[np.float64] = input_tokens / self.input_tokens_per_gpu_s
            work += output_tokens / self.output_tokens_per_gpu_s
            longest = work.max(initial=0.0)
        if not longest / self.latency_s <= MOST_GPUS * self.utilisation_ratio:
            raise Invalid(
                f"one request would need {longest / self.latency_s:,.4g} GPUs; give more tokens per GPU-second"
            )
        return work

    def gpus(self, need: float) -> int:
        """Whole GPUs, in whole replicas, for a need."""
        return ceil(ceil(need / self.utilisation_ratio - SLACK_GPUS) / self.replica_gpus) * self.replica_gpus
