"""What a visitor orders on the Live page: query, models, samples, strategies, and the cost."""

import os
import threading
from dataclasses import dataclass, replace

import streamlit as st

from frame.address import note, read_new
from frame.arrivals import choose_encoder, find_query, make_reader
from frame.exhibits import take_live
from frame.keeping import find_recording
from frame.loading import Book, read_responses
from frame.services import Services, list_services, show_settings
from frame.stage import ask, find_sampling, replay
from frame.theme import write_note
from hivemind_core.corpus.answer_journal import AnswerJournal
from hivemind_core.corpus.identity import make_query_id
from hivemind_core.corpus.locations import find_cache_folder
from hivemind_core.corpus.recording import MOST_BYTES, Recording, parse_recording
from hivemind_core.errors import HivemindError
from hivemind_core.live.feeds import ReplayFeed, describe_order
from hivemind_core.live.session import Session
from hivemind_core.models.endpoint_file import LOCAL
from hivemind_core.models.requests import LONGEST_PROMPT
from hivemind_core.sampling.asking import Tools
from hivemind_core.sampling.orders import Order, Query, count_known, format_cost, preview

AT_ONCE = 1e6  # times as fast as it was
PATIENCE = 100.0  # seconds for an encoder to be loaded, and a map to be drawn
PACES = (1, 2, 5, 20)
MOST_SAMPLES = 50
MOST_MODELS = 3  # that are chosen to begin with
MOST_TOKENS = 4096
FASTEST = 50
SHIPPED = "shipped"  # what a link calls the recorded session
LIVE = "Live: answers come and land on a map while this is looked at."
EXAMPLE = "Write a metaphor about time."


@dataclass(frozen=True)
class Wish:
    """What a visitor ordered.

    Attributes
    ----------
    order : Order
    is_anew : bool
        Whether what was asked before is asked, and paid for, again.
    """

    order: Order
    is_anew: bool


@st.cache_resource(show_spinner=False)
def _warm_up() -> threading.Thread:
    """Load an encoder, and compile UMAP, while the visitor is still writing."""

    def run() -> None:
        import numpy as np

        from hivemind_core.space.project import project

        choose = choose_encoder(None)
        choose.encode(["warm"])
        project(np.random.default_rng(0).normal(size=(16, 8)).astype(np.float32))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def show_order(book: Book | None) -> None:
    """Show what can be ordered, and begin when the visitor says so."""
    if os.environ.get("HIVEMIND_WARM_UP", "on") != "off":
        _warm_up()
    services = list_services()
    left, right = st.columns([3, 2], gap="large")
    with left:
        wish = _choose(services, book)
        if wish is not None:
            _offer_start(wish, book)
    with right:
        _offer_replay(book)
        settings = st.expander("Services and keys", key="services", on_change="rerun")
        if settings.open or not services.plan.models:
            with settings:
                show_settings(services)


def _choose(services: Services, book: Book | None) -> Wish | None:
    text = _choose_query()
    names = [served.model for served in services.plan.models]
    if not names:
        write_note("No model can be asked yet: see services and keys.", "live-nobody")
        return None
    chosen = st.multiselect(
        "Models",
        names,
        default=names[:MOST_MODELS],
        key="live-models",
        persist_state="session",
        format_func=lambda name: _name_model(services, name),
    )
    strategies = st.multiselect(
        "Strategies",
        list(services.plan.strategies),
        default=["plain"],
        key="live-strategies",
        persist_state="session",
        help="Ways of asking. Two or more are held against the first.",
    )
    samples, tokens, budget = _choose_numbers()
    anew = st.checkbox(
        "Ask, and pay for, everything anew",
        key="live-anew",
        persist_state="session",
    )
    if not text or not chosen or not strategies:
        write_note("A query, a model and a strategy are needed.", "live-incomplete")
        return None
    order = Order(
        (_make_query(text, book),),
        tuple(one for one in services.plan.models if one.model in chosen),
        tuple(services.plan.strategies[name] for name in strategies),
        samples,
        tokens,
        budget,
    )
    return Wish(_number(order, book), anew)


def is_linked_anew() -> bool:
    """Whether a link brings a query that was not taken yet."""
    return read_new("ask") not in (None, st.session_state.get("live-linked"))


def is_replay_linked() -> bool:
    """Whether a link asks for the recorded session, which was not begun yet."""
    return read_new("replay") == SHIPPED and not st.session_state.get("live-replayed")


def read_pace() -> int:
    """Return how many times as fast a link asks to replay; 1 where it asks nothing sensible."""
    given = read_new("pace") or ""
    return int(given) if given.isascii() and given.isdigit() and 1 <= int(given) <= FASTEST else 1


def replay_shipped(book: Book | None, pace: int = 1) -> None:
    """Begin the recorded session that comes with this; nothing where it is not there."""
    st.session_state["live-replayed"] = SHIPPED
    shipped = find_recording()
    if shipped is not None:
        replay(shipped, make_reader(shipped.asked, book), pace)


def find_still(book: Book | None) -> Session | None:
    """Return the recorded session that a link asks for, played to its end; None without one."""
    shipped = find_recording() if is_replay_linked() else None
    if shipped is None:
        return None
    session = _play_out(shipped, book, None if book is None else (*book.key, book.encoder))
    return session if session.wait(PATIENCE) else None


@st.cache_resource(max_entries=2, show_spinner=False)
def _play_out(_recording: Recording, _book: Book | None, key: tuple[object, ...] | None) -> Session:
    asked = _recording.asked
    return Session(asked, ReplayFeed(_recording, AT_ONCE), make_reader(asked, _book))


def note_live(session: Session | None, *, is_still: bool = False) -> str:
    """Note for what is pinned what is live here; return its query, empty before there is one.

    A still stands for itself, and needs no sentence that stands for it.
    """
    if not is_still:
        take_live(LIVE)
    replayed, asked = is_replay_linked(), read_new("ask") or ""
    if session is not None:
        replayed = find_sampling(session) is None
        replayed &= st.session_state.get("live-replayed") == SHIPPED
        asked = "" if find_sampling(session) is None else session.asked.query
    shipped = find_recording() if replayed else None
    pace = read_pace()
    note("replay", SHIPPED if shipped is not None else None)
    note("pace", str(pace) if shipped is not None and pace > 1 else None)
    note("ask", None if shipped is not None else asked or None)
    return shipped.asked.query if shipped is not None else asked


def _choose_query() -> str:
    if is_linked_anew():
        st.session_state["live-query"] = st.session_state["live-linked"] = read_new("ask")
    text = st.text_area(
        "Query",
        key="live-query",
        height=100,
        placeholder=EXAMPLE,
        max_chars=LONGEST_PROMPT,
        persist_state="session",
    )
    return (text or "").strip()


def _choose_numbers() -> tuple[int, int, float | None]:
    """Return answers of each source, tokens of an answer, and the cap in USD."""
    first, second, third = st.columns(3)
    samples = first.number_input(
        "Answers of each", 1, MOST_SAMPLES, 8, key="live-samples", persist_state="session"
    )
    tokens = second.number_input(
        "Tokens of an answer", 1, MOST_TOKENS, 120, key="live-tokens", persist_state="session"
    )
    budget = third.number_input(
        "At most, in USD",
        0.0,
        None,
        None,
        key="live-budget",
        persist_state="session",
        placeholder="no cap",
        help="Nothing is sent that could cost more. Needs the prices of every model.",
    )
    return int(samples), int(tokens), None if budget is None else float(budget)


def _name_model(services: Services, name: str) -> str:
    served = next(one for one in services.plan.models if one.model == name)
    if served.endpoint.name == LOCAL:
        return f"{name} (runs here, small)"
    return f"{name} · {served.endpoint.name}"


def _make_query(text: str, book: Book | None) -> Query:
    held = find_query(book, text)
    return Query(held or make_query_id(text.strip()), text.strip())


def _number(order: Order, book: Book | None) -> Order:
    """Return an order whose samples go on where those of the corpus end."""
    query_id = order.queries[0].query_id
    if book is None or find_query(book, order.queries[0].text) is None:
        return order
    rows = read_responses(book, (query_id,))
    names = {served.model for served in order.models}
    held = zip(rows["model"].to_pylist(), rows["sample"].to_pylist(), strict=True)
    numbers = [int(sample) for model, sample in held if model in names and sample is not None]
    return replace(order, first=max(numbers) + 1) if numbers else order


def _offer_start(wish: Wish, book: Book | None) -> None:
    try:
        cost = preview(wish.order)
        describe_order(wish.order)
    except HivemindError as error:
        write_note(str(error), "live-refused")
        return
    journal = AnswerJournal(find_cache_folder(os.environ) / "answers.sqlite")
    known = 0 if wish.is_anew else count_known(wish.order, journal)
    write_note(format_cost(cost, known), "live-cost")
    if find_query(book, wish.order.queries[0].text) is not None:
        write_note("The corpus has this query: answers land on its map.", "live-held")
    if st.button("Ask", key="live-ask", type="primary"):
        ask(
            wish.order,
            Tools(journal, is_anew=wish.is_anew),
            make_reader(describe_order(wish.order), book),
        )
        st.session_state["live-kept"] = None
        st.rerun()


def _offer_replay(book: Book | None) -> None:
    st.markdown("**Replay a session**")
    write_note(
        "A recorded session plays at the pace at which it was made, without a network and "
        "without a key.",
        "live-replay",
    )
    paces = {f"{pace} times as fast" if pace > 1 else "At its pace": pace for pace in PACES}
    told = st.selectbox("Pace", list(paces), key="live-pace", label_visibility="collapsed")
    pace = paces[str(told)]
    shipped = find_recording()
    if shipped is not None and st.button("Replay the shipped one", key="live-replay"):
        replay_shipped(book, pace)
        st.rerun()
    most = MOST_BYTES // 1_000_000
    given = st.file_uploader(
        "Or one of yours", type=["jsonl"], key="live-file", max_upload_size=most
    )
    if given is not None and given.size > MOST_BYTES:
        write_note(f"A recording has at most {MOST_BYTES:,} bytes.", "live-file-large")
    elif given is not None and st.button("Replay it", key="live-replay-own"):
        try:
            recording = parse_recording(given.getvalue(), "this file")
        except HivemindError as error:
            write_note(str(error), "live-file-fault")
            return
        st.session_state["live-replayed"] = "own"
        replay(recording, make_reader(recording.asked, book), pace)
        st.rerun()
