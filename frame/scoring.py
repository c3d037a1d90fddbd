"""The offer to score what people judged: by a judge, a reward model, perplexity or length."""

import streamlit as st

from frame.loading import Book
from frame.offers import Offer, is_running, open_arrival, show_offer
from frame.theme import write_note
from hivemind_core.corpus.scorer_records import ScorerRecord, read_records
from hivemind_core.figures.numbers import count
from hivemind_core.scoring import list_rated

FORMS = {
    "LM judge": "judge",
    "Reward model": "reward",
    "Perplexity": "perplexity",
    "Perplexity of the response": "perplexity-response",
}
NAMED = {
    "LM judge": "Model",
    "Reward model": "Folder or hub id",
    "Perplexity": "Folder or hub id",
    "Perplexity of the response": "Folder or hub id",
}
WORDS = {
    "LM judge": "Asks the service that OPENAI_BASE_URL names, OpenAI's by default, with the key in "
    "OPENAI_API_KEY, twice a response. A paid service charges for it.",
    "Reward model": "Runs a sequence classifier with one output on this machine.",
    "Perplexity": "Runs a language model on this machine over query and response, as the paper "
    "does.",
    "Perplexity of the response": "Runs a language model on this machine; the query counts only "
    "as what comes before.",
}
LONGEST_NAME = 400  # characters


@st.cache_resource(max_entries=16, show_spinner=False)
def _count_rated(_book: Book, key: tuple[str, int, str]) -> int:
    return len(list_rated(_book.corpus))


def offer_scoring(book: Book) -> None:
    """Offer to score the responses that people judged, in a box that starts closed."""
    waiting = _make_offer(book, "")
    open_arrival(waiting)
    box = st.expander("Score these responses", key="scoring", on_change="rerun")
    if not (box.open or is_running(waiting)):
        return
    with box:
        left, right = st.columns([1, 2])
        form = str(left.selectbox("By", list(FORMS), key="scoring-by"))
        name = right.text_input(NAMED[form], max_chars=LONGEST_NAME, key="scoring-model").strip()
        rated = count(_count_rated(book, book.key), "response")
        write_note(f"{rated} that people judged. {WORDS[form]}", "scoring")
        if name or is_running(waiting):
            show_offer(_make_offer(book, f"{FORMS[form]}:{name}"))


def _make_offer(book: Book, scorer: str) -> Offer:
    locator = book.corpus.locator
    command = ("score", f"--scorer={scorer}", "--", locator)
    return Offer("score", f"score {locator}", "Score them", (command,), locator)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_records(_book: Book, key: tuple[str, int, str]) -> dict[str, ScorerRecord]:
    return read_records(_book.corpus)


def show_record(book: Book, scorer: str) -> None:
    """Show exactly what was scored and by what, where it was scored here."""
    record = _read_records(book, book.key).get(scorer)
    if record is None:
        return
    box = st.expander("How it was scored", key="scored", on_change="rerun")
    if not box.open:
        return
    left = "".join(f", {n:,} {reason}" for reason, n in record.failures.items())
    told = f"{record.scored:,} of {count(record.responses, 'response')} scored{left}"
    with box:
        write_note(f"{told}; {record.created}", "scored")
        lines = [f"{name}: {words}" for name, words in record.details.items()]
        st.code("\n".join(lines), language=None, wrap_lines=True)
