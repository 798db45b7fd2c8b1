"""Integers over time: spans, step functions, and who overlaps a span."""

from neocloud.timeline.span import Edges, Span, Step, edges, net
from neocloud.timeline.span_index import Holding, SpanIndex
from neocloud.timeline.step_function import StepFunction
from neocloud.units import BEGINNING, FOREVER

__all__ = [
    "BEGINNING",
    "FOREVER",
    "Edges",
    "Holding",
    "Span",
    "SpanIndex",
    "Step",
    "StepFunction",
    "edges",
    "net",
]
