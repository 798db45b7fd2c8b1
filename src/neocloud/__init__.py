"""neocloud: the software of an operator that owns GPU data centres."""

__version__ = "0.1.0"
