"""Histories of jobs: small ones in every format, dirty ones, and the account of every row."""
