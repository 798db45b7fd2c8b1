"""A surplus as one HTML page that needs nothing else: its sections, tables and charts."""
