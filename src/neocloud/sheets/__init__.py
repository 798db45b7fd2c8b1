"""Sheets: from the files that desks live in to typed tables, each value with its place. No ledger is known here."""
