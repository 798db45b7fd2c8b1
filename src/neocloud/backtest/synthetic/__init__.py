"""Histories that are made up: an example on published statistics, and any number of jobs for benchmarks."""
