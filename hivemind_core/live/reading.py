"""What the answers of a session say together, taken anew whenever more have come."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hivemind_core.corpus.cache import VectorCache
from hivemind_core.corpus.calibration import Calibration
from hivemind_core.corpus.embeddings import normalise
from hivemind_core.corpus.identity import Source
from hivemind_core.corpus.recording import Asked, Landed
from hivemind_core.measurement import group_rows
from hivemind_core.measures.arms import (
    Change,
    Design,
    compare_between,
    compare_means,
    compare_within,
)
from hivemind_core.measures.arrays import Floats, Integers
from hivemind_core.measures.distinct import choose_k, count_distinct
from hivemind_core.measures.resampling import Estimate
from hivemind_core.measures.responses import Drawn, draw_responses, estimate_sources
from hivemind_core.progress import report_nothing
from hivemind_core.space.encode import encode_texts
from hivemind_core.space.encoders import Encoder
from hivemind_core.space.groups import Group, cut, link, list_groups
from hivemind_core.space.linking import COSINE, PEOPLE, find_default
from hivemind_core.space.mapping import number_wordings
from hivemind_core.space.place import lay_out_arrivals, place_rows
from hivemind_core.space.sameness import compare_all


@dataclass(frozen=True, eq=False)
class Frozen:
    """A map that is there already.

    Attributes
    ----------
    vectors : (n, d) float32
        Unit rows of its answers.
    points : (n, 2) float
        Where they lie.
    """

    vectors: NDArray[np.float32]
    points: NDArray[np.floating]


@dataclass(frozen=True)
class Arm:
    """One strategy beside the first.

    Attributes
    ----------
    strategy : str or None
        None is the plain one.
    answers : int
    within, between, characters : Change
        Mean cosine within models and between them, and characters of an answer.
    distinct : float
        Different answers among k of a model's, mean over models; nan where undefined.
    distinct_difference : float
        This minus that of the first strategy, over the models that have both.
    """

    strategy: str | None
    answers: int
    within: Change
    between: Change
    characters: Change
    distinct: float
    distinct_difference: float


@dataclass(frozen=True, eq=False)
class Reading:
    """What the answers that have come say together.

    Attributes
    ----------
    answers : tuple of Landed, length n
        Those that have a place, in the order in which they came.
    vectors : (n, d) float32
        Unit rows.
    places : (n, 2) float32
        On the frozen map, or on axes of their own.
    labels : (n,) int32
        Group of near-identical answers, 0 the largest.
    groups : tuple of Group
        In reading order; those of one answer too.
    sense : str
        By which two answers are the same.
    threshold : float
    within, between : tuple of Estimate
        By source, and by pair of sources in the order of `numpy.triu_indices`.
    arms : tuple of Arm
        By strategy, in the order in which they were chosen.
    k : int
        Answers among which different ones are counted; 0 where no source has two.
    """

    answers: tuple[Landed, ...]
    vectors: NDArray[np.float32]
    places: NDArray[np.float32]
    labels: NDArray[np.int32]
    groups: tuple[Group, ...]
    sense: str
    threshold: float
    within: tuple[Estimate, ...]
    between: tuple[Estimate, ...]
    arms: tuple[Arm, ...]
    k: int


@dataclass(frozen=True)
class Reader:
    """Reads the answers to one query.

    Attributes
    ----------
    asked : Asked
    encoder : Encoder
    cache : VectorCache
    calibration : Calibration or None
        What people call the same under the encoder; None: groups are by cosine.
    frozen : Frozen or None
        The map to place answers on; None: they get one of their own.
    """

    asked: Asked
    encoder: Encoder
    cache: VectorCache
    calibration: Calibration | None = None
    frozen: Frozen | None = None

    def read(self, landed: Sequence[Landed]) -> Reading:
        """Return what answers say together; those without words have no place.

        Raises
        ------
        WorkError
            If the encoder fails.
        """
        answers = tuple(one for one in landed if one.text is not None and one.text.strip())
        texts = [str(one.text) for one in answers]
        encoded = encode_texts(texts, self.encoder, self.cache, report_nothing)
        rows = [encoded[text] for text in texts]
        vectors = normalise(np.array(rows, np.float32)) if rows else np.zeros((0, 1), np.float32)
        sources = np.array([one.source for one in answers], np.int64)
        labels, sense, threshold = self._group(texts, vectors)
        order = order_answers(answers)
        drawn = draw_answers(self.asked, answers, vectors)
        k = choose_k(drawn.counts[None, :])
        return Reading(
            answers,
            vectors,
            self._place(vectors),
            labels,
            tuple(_list_groups(self.asked, sources, texts, labels)),
            sense,
            threshold,
            *estimate_sources(drawn),
            self._compare([answers[i] for i in order], vectors[order], drawn, k),
            k,
        )

    def _place(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.frozen is None:
            return lay_out_arrivals(vectors)
        return place_rows(vectors, self.frozen.vectors, self.frozen.points)

    def _group(
        self, texts: list[str], vectors: NDArray[np.float32]
    ) -> tuple[NDArray[np.int32], str, float]:
        """Return the group of each answer, the sense by which, and the threshold."""
        by_people = self.calibration is not None and PEOPLE in self.calibration.senses
        sense = PEOPLE if by_people else COSINE
        threshold = find_default(sense, self.calibration)
        if not texts:
            return np.zeros(0, np.int32), sense, threshold
        if by_people and self.calibration is not None:
            sameness = compare_all(texts, vectors, self.calibration)
        else:
            sameness = np.clip(vectors @ vectors.T, -1, 1)
        return cut(link(sameness), threshold).labels, sense, threshold

    def _compare(
        self,
        answers: Sequence[Landed],
        vectors: NDArray[np.float32],
        drawn: Drawn,
        k: int,
    ) -> tuple[Arm, ...]:
        design = make_design(self.asked)
        sources = np.array([one.source for one in answers], np.int64)
        lengths = np.array([len(str(one.text)) for one in answers], np.float64)
        found = zip(
            compare_within(drawn, design),
            compare_between(drawn, design),
            compare_means(lengths, sources, drawn, design),
            count_by_arm(vectors, sources, design, k, find_default(COSINE, self.calibration)),
            strict=True,
        )
        counts = [int(drawn.counts[design.arms == arm].sum()) for arm in range(design.count)]
        return tuple(
            Arm(self.asked.strategies[arm], counts[arm], within, between, characters, *distinct)
            for arm, (within, between, characters, distinct) in enumerate(found)
        )


def order_answers(answers: Sequence[Landed]) -> list[int]:
    """Return the places of answers by source and sample: the order in which they are drawn.

    So that an interval does not depend on the order in which they came.
    """
    return sorted(range(len(answers)), key=lambda i: (answers[i].source, answers[i].sample))


def draw_answers(asked: Asked, answers: Sequence[Landed], vectors: NDArray[np.float32]) -> Drawn:
    """Return the mean cosines of answers in every draw, as `order_answers` orders them."""
    order = order_answers(answers)
    rows = vectors[order]
    sources = np.array([answers[i].source for i in order], np.int64)
    chains = [i for i, one in enumerate(asked.sources) if one.strategy in asked.chained]
    cosines = (rows @ rows.T).astype(np.float64)
    return draw_responses(cosines, sources, len(asked.sources), chains=chains)


def make_design(asked: Asked) -> Design:
    """Return the sources of a session as models under strategies."""
    models = sorted({str(source.model) for source in asked.sources})
    return Design(
        np.array([models.index(str(source.model)) for source in asked.sources], np.int64),
        np.array([asked.strategies.index(source.strategy) for source in asked.sources], np.int64),
    )


def count_by_arm(
    vectors: NDArray[np.float32], sources: Integers, design: Design, k: int, threshold: float
) -> list[tuple[float, float]]:
    """Return, arm by arm, how many of k answers of a model differ, and how that is from the first.

    Each source's own answers are grouped alone, by cosine, as in a corpus. There is no interval:
    an answer that is drawn twice would count as a repeat.
    """
    counted = np.array(
        [
            count_distinct(group_rows(vectors[sources == source], threshold), k) if k else np.nan
            for source in range(len(design.models))
        ],
        np.float64,
    )
    by_arm = [
        {
            int(design.models[i]): float(counted[i])
            for i in np.flatnonzero((design.arms == arm) & ~np.isnan(counted)).tolist()
        }
        for arm in range(design.count)
    ]
    return [(_average(own), _subtract(own, by_arm[0])) for own in by_arm]


def _average(values: dict[int, float]) -> float:
    return float(np.mean(list(values.values()))) if values else float("nan")


def _subtract(values: dict[int, float], others: dict[int, float]) -> float:
    shared = sorted(values.keys() & others.keys())
    if not shared or values is others:
        return float("nan")
    return float(np.mean([values[one] - others[one] for one in shared]))


def _list_groups(
    asked: Asked, sources: Integers, texts: list[str], labels: NDArray[np.int32]
) -> list[Group]:
    written: list[Source] = [asked.sources[i] for i in sources.tolist()]
    wordings = number_wordings([asked.query_id] * len(texts), texts)
    names, models = [one.name for one in written], [one.model for one in written]
    return list_groups(labels, names, models, wordings)


def measure_scores(asked: Asked, reading: Reading, scores: Floats) -> tuple[Change, ...]:
    """Return, strategy by strategy, the mean score of the answers of a reading.

    Parameters
    ----------
    asked : Asked
    reading : Reading
        Of n answers.
    scores : (n,) float64
        nan where a scorer gave none.
    """
    order = order_answers(reading.answers)
    sources = np.array([reading.answers[i].source for i in order], np.int64)
    drawn = draw_answers(asked, reading.answers, reading.vectors)
    return compare_means(scores[order], sources, drawn, make_design(asked))
