"""Infinity-Chat's 26,070 queries: the search as one types, and what their map sends."""

import tempfile
from pathlib import Path

import numpy as np

from benchmarks.timing import measure_seconds, print_row

WORDS = ("w", "poem", "night train", "umbrella harbour", "no. 12", "zzz", "opinion")


def main() -> None:
    """Print the rows of this benchmark."""
    from frame.browsing import Search, find_queries, group_queries, read_shelfmark
    from frame.loading import Book
    from hivemind_core.corpus.infinity_chat import import_infinity_chat
    from hivemind_core.corpus.infinity_files import find_data_sets
    from hivemind_core.corpus.store import open_corpus
    from hivemind_core.figures.palette import LIGHT
    from hivemind_core.figures.query_map import QueryPoints, draw_query_map
    from tests.infinity_sets import Sizes, generate, write_sets

    with tempfile.TemporaryDirectory() as folder:
        files = write_sets(Path(folder) / "files", generate(Sizes()))
        import_infinity_chat(f"{folder}/c", find_data_sets(files))
        shelf = read_shelfmark(Book(open_corpus(f"{folder}/c"), 0, ""))
    slowest = max(
        measure_seconds(lambda words=words: find_queries(shelf, Search(words)), runs=5)  # type: ignore[misc]
        for words in WORDS
    )
    print_row(f"slowest search of {len(shelf):,} queries", f"{1e3 * slowest:.0f} ms", "< 100 ms")
    names, groups = group_queries(shelf)
    places = np.random.default_rng(0).normal(size=(len(shelf), 2)).astype(np.float32)
    points = QueryPoints(places, groups, names, np.arange(len(shelf)))
    size = len(draw_query_map(points, None, LIGHT).to_json())
    print_row("map of the queries, sent to the browser", f"{size / 1e6:.2f} MB", "< 1 MB")


if __name__ == "__main__":
    main()
