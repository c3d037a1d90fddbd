"""The live sessions of a server: each goes on whatever its visitor's page does."""

import atexit
import os
import secrets
import threading
from dataclasses import dataclass, replace

import streamlit as st

from frame import address
from hivemind_core.corpus.recording import Recording
from hivemind_core.live.feeds import Feed, Listener, ReplayFeed, SampleFeed
from hivemind_core.live.reading import Reader
from hivemind_core.live.session import Session
from hivemind_core.models.endpoint_file import ON_DEMAND_URL, Served
from hivemind_core.models.local import LocalModel, place_local, start_local_model
from hivemind_core.sampling.asking import Tools
from hivemind_core.sampling.orders import Order

MOST_KEPT = 24


class Stage:
    """Sessions by visitor, and the model that runs here while anybody asks it."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}
        self._lock, self._starting = threading.Lock(), threading.Lock()
        self._local: LocalModel | None = None
        atexit.register(self.close)

    def find(self, visitor: str) -> Session | None:
        """Return the session of a visitor."""
        with self._lock:
            return self._sessions.get(visitor)

    def put(self, visitor: str, session: Session) -> None:
        """Keep a session for its visitor; the one before ends, and so does what is long over."""
        with self._lock:
            before = self._sessions.pop(visitor, None)
            self._sessions[visitor] = session
            over = [name for name, one in self._sessions.items() if one.scene.is_settled]
            for name in over[: max(len(self._sessions) - MOST_KEPT, 0)]:
                del self._sessions[name]
        if before is not None:
            before.cancel()

    def drop(self, visitor: str) -> None:
        """End the session of a visitor and forget it."""
        with self._lock:
            session = self._sessions.pop(visitor, None)
        if session is not None:
            session.cancel()

    def place(self, served: Served) -> Served:
        """Return a model as it can be asked now; the one that runs here is started.

        Raises
        ------
        WorkError
            If it does not start.
        """
        if served.endpoint.base_url != ON_DEMAND_URL:
            return served
        with self._starting:
            if self._local is None or not self._local.is_running:
                self._local = start_local_model(os.environ)
            return place_local(served, self._local.endpoint)

    def close(self) -> None:
        """End what runs; the server is about to."""
        with self._lock:
            for session in self._sessions.values():
                session.cancel()
        if self._local is not None:
            self._local.close()


@st.cache_resource(show_spinner=False)
def open_stage() -> Stage:
    """Return the stage that all scripts of this server share."""
    return Stage()


def name_visitor() -> str:
    """Return what tells this visitor from others.

    While a session is there it stands in the address, so that the page can be loaded again:
    nobody guesses it, and whoever is given the address watches the same session.
    """
    return str(st.session_state.setdefault("visitor", secrets.token_hex(16)))


def find_session() -> Session | None:
    """Return the live session of this visitor, or the one that the address names."""
    given = address.read_new("session")
    if given is not None and open_stage().find(given) is not None:
        st.session_state["visitor"] = given
    return open_stage().find(name_visitor())


def has_lost_session() -> bool:
    """Whether the address names a session that is not there: it was of an earlier server."""
    given = address.read_new("session")
    return given is not None and open_stage().find(given) is None


def leave_session() -> None:
    """End the session of this visitor, whose next one gets another address."""
    open_stage().drop(name_visitor())
    st.session_state.pop("visitor", None)
    st.session_state["live-kept"] = None
    address.overrule("session")


@dataclass
class StartedFeed:
    """Asks models, after the one that runs here has been started.

    Attributes
    ----------
    stage : Stage
    sampling : SampleFeed
    """

    stage: Stage
    sampling: SampleFeed

    def run(self, listener: Listener, stop: threading.Event) -> None:
        """Start, and ask; see `Feed`."""
        order = self.sampling.order
        models = tuple(self.stage.place(served) for served in order.models)
        self.sampling.order = replace(order, models=models)
        self.sampling.run(listener, stop)


def ask(order: Order, tools: Tools, reader: Reader) -> None:
    """Begin a session that asks models."""
    stage = open_stage()
    _begin(StartedFeed(stage, SampleFeed(order, tools)), reader)


def replay(recording: Recording, reader: Reader, pace: float = 1) -> None:
    """Begin a session that plays a recording, so many times as fast."""
    _begin(ReplayFeed(recording, pace), reader)


def tell_feed(session: Session) -> str:
    """Return where the answers of a session come from."""
    if not isinstance(session.feed, ReplayFeed):
        return "Asked now"
    pace = session.feed.pace
    return "A replay" if pace == 1 else f"A replay, {pace:g} times as fast as it was"


def name_stop(session: Session) -> str:
    """Return what the button that ends a session says."""
    return "Stop the replay" if isinstance(session.feed, ReplayFeed) else "Stop asking"


def _begin(feed: Feed, reader: Reader) -> None:
    open_stage().put(name_visitor(), Session(reader.asked, feed, reader))


def find_sampling(session: Session) -> SampleFeed | None:
    """Return what a session has sampled; None for a replay."""
    return session.feed.sampling if isinstance(session.feed, StartedFeed) else None
