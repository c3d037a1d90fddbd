"""Errors that are shown to people.

HivemindError
├── InputError      what was given cannot be taken: exit 2
│   └── CorpusError     a corpus on disk is not sound
└── WorkError       the work itself failed: exit 1
    └── Cancelled       somebody asked it to stop

Where a part of the work failed and the rest is kept, a command exits with 3.

Every message is one line: where, the rule, what was found, what to do.
"""

PARTLY_DONE = 3
"""Exit code where a part failed: not 0, so that a script notices; not 1, as the rest is kept."""


class HivemindError(Exception):
    """Base of all errors whose message is meant for the user.

    Parameters
    ----------
    rule : str
        What should hold, or what went wrong.
    where : str, optional
        File, row, column or setting.
    found : str, optional
        What was there instead.
    remedy : str, optional
        What the user can do about it.
    """

    exit_code = 1

    def __init__(self, rule: str, *, where: str = "", found: str = "", remedy: str = "") -> None:
        self.rule, self.where, self.found, self.remedy = rule, where, found, remedy
        message = f"{where}: {rule}" if where else rule
        if found:
            message += f"; found {found}"
        if remedy:
            message += f". {remedy}"
        super().__init__(" ".join(message.split()))


class InputError(HivemindError):
    """What the user gave cannot be taken."""

    exit_code = 2


class CorpusError(InputError):
    """A corpus on disk is missing, damaged, or of a newer schema."""


class WorkError(HivemindError):
    """The work failed for a reason outside the input: disk, network, memory."""


class Cancelled(WorkError):
    """Somebody asked the work to stop."""


def make_sentence(error: HivemindError) -> str:
    """Return a message as a sentence of its own: for a page, and for what stands beside others."""
    told = str(error)
    told = told if error.where else told[:1].upper() + told[1:]
    return told if told.endswith((".", "!", "?", "…")) else f"{told}."


def shorten(text: object, width: int = 60) -> str:
    """Return text fit for the middle of an error message: quoted, printable, at most `width`."""
    shown = repr(text)
    return shown if len(shown) <= width else shown[: width - 2] + "…" + shown[0]
