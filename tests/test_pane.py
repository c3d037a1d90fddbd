"""Texts as the reading pane and the cards of other pages show them."""

import pytest

from frame.pane import cut_beginning, cut_text


@pytest.mark.parametrize(
    ("text", "width", "told"),
    [
        (None, 9, "(text withheld by its source)"),
        (" \n", 9, "(empty answer)"),
        ("In both", 7, "In both"),
        ("In both, creative content", 13, "In both, …"),
        ("In both, creative content", 17, "In both, creative …"),
        ("In both, creative content", 18, "In both, creative …"),
        ("W" * 30, 10, "W" * 10 + " …"),
        ("a " + "W" * 30, 10, "a " + "W" * 8 + " …"),
    ],
)
def test_a_text_is_cut_between_words(text: str | None, width: int, told: str) -> None:
    assert cut_text(text, width) == told


@pytest.mark.parametrize(
    ("text", "width", "told"),
    [
        ("", 9, ""),
        ("In both", 7, "In both"),
        ("creative content in both", 15, "… content in both"),
        ("creative content in both", 14, "… in both"),
        ("a " + "W" * 30, 10, "… " + "W" * 10),
    ],
)
def test_a_beginning_is_cut_between_words(text: str, width: int, told: str) -> None:
    assert cut_beginning(text, width) == told
