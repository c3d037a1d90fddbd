"""What a report is written from: a built corpus, its measures, and the estimates made of them."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from hivemind_core.corpus.catalogue import Catalogue, count_by_source, read_catalogue
from hivemind_core.corpus.embeddings import count_missing
from hivemind_core.corpus.exports import Citation, cite
from hivemind_core.corpus.manifest import Manifest
from hivemind_core.corpus.store import Corpus
from hivemind_core.corpus.views import has_grown, list_built
from hivemind_core.errors import InputError, shorten
from hivemind_core.estimation import Bootstrap, Estimates, estimate, estimate_controls
from hivemind_core.measurement import Homogeneity
from hivemind_core.measures.resampling import Estimate
from hivemind_core.tabulation import read_homogeneity


@dataclass(frozen=True, eq=False)
class Material:
    """A corpus with the numbers that were built of it.

    Attributes
    ----------
    corpus : Corpus
    encoder : str
        The one whose numbers are told.
    encoders : tuple of str
        All that were built, that one first.
    measured : Homogeneity
    bootstrap : Bootstrap
    numbers : Estimates
        Of the cosine, over all queries.
    controls : mapping of str to tuple of Estimate
        Of every source, by measure.
    catalogue : Catalogue
    answers : mapping of str to int
        Answers by source, measured or not.
    missing : int
        Answers without a vector.
    has_grown : bool
        Whether the corpus changed since it was built.
    """

    corpus: Corpus
    encoder: str
    encoders: tuple[str, ...]
    measured: Homogeneity
    bootstrap: Bootstrap
    numbers: Estimates
    controls: Mapping[str, tuple[Estimate, ...]]
    catalogue: Catalogue
    answers: Mapping[str, int]
    missing: int
    has_grown: bool

    @property
    def manifest(self) -> Manifest:
        """What the corpus says of itself."""
        return self.corpus.manifest

    @property
    def citation(self) -> Citation:
        """What the numbers are of."""
        return cite(self.manifest, self.encoder)


def read_material(corpus: Corpus, encoder: str | None = None) -> Material:
    """Return what a report of a corpus is written from.

    Parameters
    ----------
    corpus : Corpus
    encoder : str, optional
        The first that was built by default.

    Raises
    ------
    InputError
        If the corpus was not built, or not with that encoder.
    """
    built = list_built(corpus)
    name = encoder if encoder is not None else next(iter(built), None)
    measured = read_homogeneity(corpus, name) if name is not None and name in built else None
    if name is None or measured is None:
        raise _refuse(corpus, encoder, built)
    bootstrap = Bootstrap()
    return Material(
        corpus,
        name,
        (name, *(other for other in built if other != name)),
        measured,
        bootstrap,
        estimate(measured, bootstrap),
        estimate_controls(measured, bootstrap),
        read_catalogue(corpus),
        count_by_source(corpus),
        count_missing(corpus, name),
        has_grown(corpus, name),
    )


def _refuse(corpus: Corpus, encoder: str | None, built: tuple[str, ...]) -> InputError:
    command = f"hivemind build {shlex.quote(corpus.locator)}"
    if encoder is not None:
        command += f" --encoder {shlex.quote(encoder)}"
    under = f"no measures of {shorten(encoder)}" if encoder is not None else "no measures"
    if built and encoder not in built:
        under += f", but of {', '.join(map(shorten, built))}"
    return InputError(
        "a report needs a corpus that is built",
        where=corpus.locator,
        found=under,
        remedy=f"Run: {command}",
    )
