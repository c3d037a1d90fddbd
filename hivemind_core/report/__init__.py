"""A corpus as one document that a co-author can check: every number with its controls."""
