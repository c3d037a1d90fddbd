"""What an exhibit is of, for whoever meets it without its page, and text that any file can hold."""

import re

import hivemind_core
from hivemind_core.corpus.exports import HASH_SHOWN
from hivemind_core.exhibit import Exhibit
from hivemind_core.figures.numbers import isolate_words

SOFTWARE = "hivemind-atlas"
SIMULATED = "SIMULATED"
# Control characters, halves of pairs, and what Unicode calls no characters: XML refuses them.
UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
NAMES = {"content_hash": "content hash", "licence": "licence", "locator": "to be found at"}


def clean_text(text: str) -> str:
    """Return untrusted text without what no file format can hold; line ends are newlines."""
    return UNWRITABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def describe_exhibit(exhibit: Exhibit) -> dict[str, object]:
    """Return all that says where an exhibit is from, as JSON can hold it.

    Returns
    -------
    dict
        title, reading, basis, fault, page, parameters, corpus, content_hash, software, version and
        citation; texts without what no file can hold.
    """
    view, citation = exhibit.view, exhibit.citation
    about = {
        "title": exhibit.title,
        "reading": exhibit.reading,
        "basis": exhibit.basis,
        "fault": exhibit.fault,
        "page": view.page,
        "parameters": dict(view.parameters),
        "corpus": view.corpus,
        "content_hash": view.content_hash,
        "software": str(citation.get("software") or SOFTWARE),
        "version": str(citation.get("version") or hivemind_core.__version__),
        "citation": dict(citation),
    }
    return {name: _clean(value) for name, value in about.items()}


def _clean(value: object) -> object:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {clean_text(str(name)): _clean(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(part) for part in value]
    return value


def list_origins(exhibit: Exhibit) -> list[tuple[str, str]]:
    """Return the same as names and words, for people: nothing that is empty."""
    about = describe_exhibit(exhibit)
    view, citation = exhibit.view, exhibit.citation
    known = {"corpus", "content_hash", "software", "version"}
    found = {
        "page": view.page,
        "corpus": view.corpus or citation.get("corpus", ""),
        "content hash": view.content_hash or citation.get("content_hash", ""),
        **{f"parameter: {name}": value for name, value in view.parameters.items()},
        **{NAMES.get(name, name): value for name, value in citation.items() if name not in known},
        "software": f"{about['software']} {about['version']}",
    }
    told = {name: _write_words(value) for name, value in found.items()}
    return [(name, value) for name, value in told.items() if value]


def _write_words(value: object) -> str:
    """Return a value for people: several with commas between."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(_write_words(part) for part in value)
    return str(value)


def write_citation(exhibit: Exhibit) -> str:
    """Return where an exhibit is from in one line of small print."""
    about, citation = describe_exhibit(exhibit), exhibit.citation
    content_hash = exhibit.view.content_hash or str(citation.get("content_hash", ""))
    parts = [
        SIMULATED if citation.get("simulated") else "",
        exhibit.view.corpus or str(citation.get("corpus", "")),
        content_hash[:HASH_SHOWN],
        str(citation.get("encoder", "")),
        str(citation.get("source", "")),
        str(citation.get("licence", "")),
        f"{about['software']} {about['version']}",
    ]
    return isolate_words(" · ".join(filter(None, parts)))
