"""Texts as the reading pane and the cards of other pages show them."""

import pytest

from frame.pane import cut_text


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
