"""The loops over events that decide when each job starts, as compiled code or as plain Python."""
