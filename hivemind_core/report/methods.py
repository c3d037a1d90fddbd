"""How the numbers came about, what misleads, how to cite, and how to make the report again."""

import shlex

from hivemind_core.calibration import BINS
from hivemind_core.corpus.exports import HASH_SHOWN
from hivemind_core.figures.numbers import count, write_number
from hivemind_core.measurement import COSINE
from hivemind_core.measures.lengths import STRATA
from hivemind_core.measures.miscalibration import DRAWS as SLICE_DRAWS
from hivemind_core.report.material import Material
from hivemind_core.report.parts import Heading, Points, Section, Terms, Words

PAPER = (
    "Jiang et al., Artificial Hivemind: The Open-Ended Homogeneity of Language Models (and Beyond),"
    " NeurIPS 2025 Datasets and Benchmarks, arXiv 2510.22954."
)
MISLEADS = (
    "A cosine means nothing without its floor, and cannot be compared across encoders.",
    "An interval says how a number would change with other queries of the same kind. It says "
    "nothing of other encoders, other prompts or other decodings.",
    "Short answers, fixed formats and refusals look alike. Read answers before you conclude.",
    "An encoder cuts long texts: answers that differ only later look identical to it.",
    "Centred and length-matched numbers are relative to this corpus; with other sources in it they "
    "would be others.",
    "The Vendi score grows with the number of answers: compare sources that have equally many.",
    "Where sources answered different queries, their means differ by these too.",
    "A rank may move far where sources lie close: look at the values.",
    "Nested slices rest on the same answers, so that a smooth row of them is no evidence. No sign "
    "that an evaluator agrees less is no proof that it does not.",
)


def describe_methods(material: Material, target: str) -> Section:
    """Return the section on methods.

    Parameters
    ----------
    material : Material
    target : str
        Name of the file that the report is written to.
    """
    parts = (
        Terms(_list_methods(material)),
        Heading("What misleads"),
        Points(tuple((text, "") for text in MISLEADS)),
        Heading("How to cite"),
        Points(((PAPER, ""), (_cite_corpus(material), ""), (_cite_software(material), ""))),
        Heading("How to make this report again"),
        Words(_write_command(material, target), "code"),
        Words(
            "The same corpus, encoder and version give the same file. The numbers alone: "
            "`hivemind measure CORPUS --json` and `hivemind calibrate CORPUS --json`; this file "
            "holds both too, and the button below takes them.",
            "note",
        ),
    )
    return Section("methods", "Methods, and what misleads", parts)


def _list_methods(material: Material) -> tuple[tuple[str, str], ...]:
    measured, bootstrap = material.measured, material.bootstrap
    floor = measured.floors[COSINE]
    return (
        (
            "Within and between",
            "Mean cosine over pairs of unit vectors, self-pairs left out: within a source "
            "(|Σv|² − Σ|v|²) / (n (n − 1)), between one of n answers and one of m Σa · Σb / "
            "(n m), query by query; then the mean over queries "
            f"(pooled by {bootstrap.pooling}, each query once).",
        ),
        (
            "Interval",
            f"Percentile bootstrap over queries: {bootstrap.draws:,} draws, seed {bootstrap.seed}, "
            "the same draws for every number, so that differences are paired.",
        ),
        (
            "Floor",
            f"{write_number(floor.mean, 3)} over {floor.pairs:,} pairs of answers to different "
            "queries: all of them, not a sample.",
        ),
        ("Centred cosine", "The mean vector of the corpus is taken away, rows made unit again."),
        ("Length-matched", f"Pairs within {STRATA} strata of length of the answers to a query."),
        ("Wording", "Cosine of sets of neighbouring words; no encoder is asked."),
        (
            "Vendi score",
            "exp of the Shannon entropy of the eigenvalues of K / n, K the cosines of n answers "
            "(arXiv 2210.02410).",
        ),
        (
            "Distinct answers",
            f"Expected groups among k = {measured.k} answers (rarefaction), groups by complete "
            f"linkage from a cosine of {write_number(measured.threshold)} on (distinct-k of arXiv "
            "2504.05228).",
        ),
        (
            "Nearest models",
            "Distinct models among the N nearest answers by models to the same query, N = 5 to 50; "
            "cosines rounded to 1e-6, ties by id.",
        ),
        ("Robustness", "Spearman's rank correlation of the orders under two controls."),
        (
            "Evaluators",
            f"Spearman's correlation with the mean label; {count(BINS, 'bin')} of disagreement by "
            "entropy (log 2), and the paper's nested slices; expected by Thorndike's case 2, "
            f"r u / √(1 + r² (u² − 1)); {SLICE_DRAWS:,} draws of the queries, ranked anew; p by "
            "Benjamini and Hochberg; the verdict rests on the trend over the bins.",
        ),
    )


def _cite_corpus(material: Material) -> str:
    manifest = material.manifest
    parts = [manifest.name, manifest.source, f"content hash {manifest.content_hash}"]
    parts.append(f"licence {manifest.licence or 'not stated'}")
    if manifest.simulated:
        parts.append("simulated in part or in whole")
    return f"Corpus: {', '.join(filter(None, parts))}."


def _cite_software(material: Material) -> str:
    citation = material.citation
    return f"Software: {citation['software']} {citation['version']}, encoder {material.encoder}."


def _write_command(material: Material, target: str) -> str:
    """Return the command, with no folder of the machine that the report was written on."""
    words = ["hivemind", "report", "CORPUS", "--to", target, "--encoder", material.encoder]
    held = material.manifest.content_hash[:HASH_SHOWN]
    return f"{shlex.join(words)}   # CORPUS: the folder of the corpus with hash {held}…"
