"""The HTTP door: parse, call one operation, show the answer. No rule is decided here."""
