"""Histories of jobs, in the formats that clusters and public traces have, read into one noun: the Trace."""
