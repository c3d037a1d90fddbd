"""What an import did, as values and as lines for people."""

from dataclasses import dataclass

from hivemind_core.corpus.rows import Left

EMBEDDINGS = "embeddings"

_WITHHELD = {
    "text": "responses without their text, which the source withholds",
    "model": "responses without their model, which the source withholds",
    "empty": "responses of empty text",
    "unanswered": "queries without responses",
}


@dataclass(frozen=True)
class Taken:
    """What became of the rows given for one table.

    Attributes
    ----------
    taken : int
        Rows that are new.
    already_there : int
        Rows whose key and content the corpus, or an earlier row, holds.
    completed : int
        Rows that the corpus held with fewer columns filled.
    left : tuple of Left
        Rows not taken, by reason.
    """

    taken: int = 0
    already_there: int = 0
    completed: int = 0
    left: tuple[Left, ...] = ()

    def __add__(self, other: "Taken") -> "Taken":
        """Return what became of these rows and of others of the same table."""
        return Taken(
            self.taken + other.taken,
            self.already_there + other.already_there,
            self.completed + other.completed,
            self.left + other.left,
        )


@dataclass(frozen=True)
class ImportReport:
    """What an import did.

    Attributes
    ----------
    corpus : str
        Name of the corpus.
    content_hash : str
    tables : dict of str to Taken
        Only the tables that rows were given for, and "embeddings".
    withheld : dict of str to int
        In the whole corpus: responses without `text` or `model`, those whose text is `empty`, and
        queries that are `unanswered`.
    repeats : int
        Responses of the corpus that repeat another of the same source and query word for word.
    unused_columns : tuple of str
        Columns of the files that nothing was read from.
    notes : tuple of str
        What else an importer has to say.
    """

    corpus: str
    content_hash: str
    tables: dict[str, Taken]
    withheld: dict[str, int]
    repeats: int
    unused_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def format_report(report: ImportReport) -> str:
    """Return a report as lines for people."""
    lines = [f"{report.corpus}:"]
    for name, count in report.tables.items():
        parts = [f"{count.taken:,} taken", f"{count.already_there:,} already there"]
        if count.completed:
            parts.append(f"{count.completed:,} completed")
        lines.append(f"  {name}: {', '.join(parts)}")
        for left in count.left:
            places = "; ".join(left.places) + ("; …" if left.rows > len(left.places) else "")
            lines.append(f"    {left.rows:,} left: {left.rule} ({places})")
    lines += [
        f"  the corpus has {rows:,} {_WITHHELD[name]}"
        for name, rows in report.withheld.items()
        if rows and name in _WITHHELD
    ]
    if report.repeats:
        verb = "response repeats" if report.repeats == 1 else "responses repeat"
        lines.append(f"  {report.repeats:,} {verb} another word for word; all are kept")
    if report.unused_columns:
        lines.append(f"  columns not used: {', '.join(report.unused_columns)}")
    lines += [f"  {note}" for note in report.notes]
    return "\n".join(lines)
