"""What is decided, and why: pure functions of the world, a command and `now`."""
