"""The core of the Artificial Hivemind dashboard: corpora, maps and measures."""

__version__ = "0.1.0"
