"""Exhibits as files that somebody takes away; every one says what it is of."""
