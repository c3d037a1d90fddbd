"""What a visitor can do next: look at a striking query, bring own answers, fetch NoveltyBench."""

import streamlit as st

from frame import sheets
from frame.jobs import News, command_line, open_registry
from frame.loading import Book, list_built, list_shelf
from frame.picker import IMPORT_COMMAND
from frame.theme import write_note
from hivemind_core.corpus.locations import find_corpora_folder

NOVELTY_BENCH = "novelty-bench"


def show_next_steps(book: Book | None) -> None:
    """Show what to do next."""
    _open_arrival()
    st.subheader("What to do next", anchor=False)
    if book is not None:
        _show_striking(book)
    if not _has_novelty_bench():
        _show_fetch()
    _show_import()


def _open_arrival() -> None:
    """Open NoveltyBench once it has been fetched."""
    folder, registry = find_folder(), open_registry()
    job = registry.find(folder)
    if job is not None and job.news.state == "done":
        registry.forget(folder)
        st.session_state["arrived"] = folder
        st.rerun(scope="app")


def _show_striking(book: Book) -> None:
    st.markdown("**Look at a striking query**")
    query_id = sheets.find_striking_query(book)
    if query_id is None:
        write_note("No query of this corpus has a group of answers that read alike.", "striking")
        return
    text = sheets.read_catalogue(book).labels[query_id]
    write_note(f"Its largest group of answers that read alike: “{text}”", "striking")
    link = {
        "corpus": st.session_state["shelved"].name,
        "hash": book.manifest.content_hash[:12],
        "query": query_id,
    }
    st.page_link(
        "pages/atlas_page.py",
        label="Open it in the Atlas",
        icon=":material/arrow_forward:",
        query_params=link,
    )


def _show_import() -> None:
    st.markdown("**Look at your own answers**")
    write_note("JSON lines, CSV or Parquet with the columns query, model and response:", "import")
    st.code(IMPORT_COMMAND, language=None, wrap_lines=True)


def find_folder() -> str:
    """Return where NoveltyBench is fetched to."""
    return str((find_corpora_folder() / NOVELTY_BENCH).resolve())


def _has_novelty_bench() -> bool:
    folder = find_folder()
    job = open_registry().find(folder)
    if job is not None and job.news.state == "running":
        return False
    for shelved in list_shelf():
        if shelved.locator == folder and shelved.corpus is not None:
            return bool(list_built(shelved.corpus, shelved.locator, shelved.stamp))
    return False


def _show_fetch() -> None:
    st.markdown("**Fetch NoveltyBench**")
    write_note(
        "100 queries answered by people and by models, from the public files of its authors. "
        "Needs the network once; encoding and mapping take some minutes.",
        "fetch",
    )
    job = open_registry().find(find_folder())
    polled = 1.0 if job is not None and job.news.state == "running" else None
    st.fragment(_follow_fetch, run_every=polled)()


def _follow_fetch() -> None:
    """Start, show, or end the fetch; the job itself lives outside the script."""
    folder = find_folder()
    job = open_registry().find(folder)
    if job is None:
        _offer(folder, None)
        return
    news = job.news
    if news.state in ("failed", "cancelled"):
        _offer(folder, news)
    elif news.state == "running":
        _show_progress(news)
        st.button("Cancel", key="fetch-cancel", on_click=job.cancel)
    else:
        _open_arrival()


def _offer(folder: str, news: News | None) -> None:
    if news is not None:
        words = (
            "Cancelled." if news.state == "cancelled" else f"It did not work. {_trim(news.words)}"
        )
        write_note(words, "fetch-ended")
    if st.button("Fetch it" if news is None else "Try again", key="fetch-start"):
        open_registry().start(
            folder,
            [
                command_line("import", NOVELTY_BENCH, folder),
                command_line("build", folder),
            ],
        )
        st.rerun(scope="app")


def _trim(words: str) -> str:
    """Return an error of our command without the command's name."""
    return words.removeprefix("hivemind: ")


def _show_progress(news: News) -> None:
    share = min(news.done / news.total, 1.0) if news.total else 0.0
    steps = f" · {news.done:,} of {news.total:,}" if news.total else ""
    st.progress(share, text="Working")
    write_note(f"{news.stage}{steps}", "fetch-stage")
