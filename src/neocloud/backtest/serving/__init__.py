"""What a product that serves requests needs of a fleet, and leaves of it."""
