"""A plan as one HTML page that needs nothing else: what to do, what capacity is worth, and what keeping costs."""
