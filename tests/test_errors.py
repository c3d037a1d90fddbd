"""Errors that are shown to people."""

import pytest

from hivemind_core.errors import HivemindError, InputError, make_sentence


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError("there is none"), "There is none."),
        (
            InputError("there is none", found="one", remedy="Take it."),
            "There is none; found one. Take it.",
        ),
        (InputError("there is none", where="talk.json"), "talk.json: there is none."),
        (InputError("is there none?"), "Is there none?"),
    ],
)
def test_an_error_is_told_as_a_sentence(error: HivemindError, told: str) -> None:
    assert make_sentence(error) == told
