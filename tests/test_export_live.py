"""Addresses of live views: the one thing that a written page may be told to load."""

from dataclasses import replace
from typing import Any

import pytest

from hivemind_core.errors import InputError
from hivemind_core.exhibit import Exhibit, View
from hivemind_core.export.live import find_origin, write_address
from hivemind_core.export.page import write_html
from tests.exhibits import make_exhibit


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("http://127.0.0.1:8501", "http://127.0.0.1:8501"),
        ("https://Atlas.example.org/lab/", "https://atlas.example.org"),
        ("http://[::1]:8501/x", "http://[::1]:8501"),
        ("http://someone:secret@a-b.org/", "http://a-b.org"),
    ],
)
def test_the_origin_of_a_dashboard(address: str, origin: str) -> None:
    assert find_origin(address) == origin


@pytest.mark.parametrize(
    "address",
    [
        "",
        "127.0.0.1:8501",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "http://",
        "http://*",
        "http://a b",
        "http://a;script-src *",
        "http://a'unsafe-inline'",
        "http://a:port",
        "http://[::1",
        "http://ä.org",
    ],
)
def test_what_is_no_address_of_a_dashboard_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="a dashboard has an address such as"):
        find_origin(address)


def test_a_page_frames_no_address_that_was_refused() -> None:
    with pytest.raises(InputError):
        write_html([make_exhibit()], "A talk", live="http://a;script-src *")


def test_the_address_of_a_live_view_holds_what_was_chosen() -> None:
    view = View("live", {"ask": "A & B?\"'<", "empty": ""}, "my corpus", "0123456789abcdef")
    told = write_address(view, "http://127.0.0.1:8501/base/")
    asked = "ask=A+%26+B%3F%22%27%3C&corpus=my+corpus&hash=0123456789ab&embed=true"
    assert told == f"http://127.0.0.1:8501/base/live?{asked}"


def test_a_view_cannot_leave_the_embedded_page() -> None:
    view = View("live", {"embed": "false"})
    assert write_address(view, "http://h") == "http://h/live?embed=true"


def make_live(**parts: Any) -> Exhibit:
    return replace(make_exhibit("Now live"), view=View("live", {"replay": "shipped"}), **parts)


def test_a_live_view_with_a_still_shows_it_and_can_run() -> None:
    page = write_html([make_live()], "A talk", live="http://127.0.0.1:8501").decode()
    assert 'class="stage held"' in page
    assert 'class="run"' in page
    assert 'data-figure="figure-1-0"' in page
    assert 'data-live="http://127.0.0.1:8501/live?replay=shipped' in page
    assert "Most say that time is a river.</p>" in page
    assert "connect-src http://127.0.0.1:8501; frame-src http://127.0.0.1:8501;" in page
    assert "<dt>l</dt><dd>run a live view, or show its still</dd>" in page


def test_a_live_view_without_a_still_runs_at_once() -> None:
    page = write_html([make_live(panels=())], "A talk", live="http://127.0.0.1:8501").decode()
    assert 'class="stage"' in page
    assert 'class="run"' not in page
    assert 'class="live"' in page


def test_a_still_without_a_dashboard_is_a_view_like_any_other() -> None:
    page = write_html([make_live()], "A talk").decode()
    assert 'class="stage"' in page
    assert 'class="live"' not in page
    assert "connect-src 'none'" in page
    assert 'data-figure="figure-1-0"' in page
