"""A query asked now: answers as they come, where they land, and what they say together."""
