"""Numbers from arrays: pure functions, no disk, no network."""
