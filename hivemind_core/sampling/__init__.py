"""Samples of models: what is ordered, asked, journalled, and kept in a corpus."""
