"""On real answers the measures come out in the order that is known of them."""

import json
import shutil
from pathlib import Path

from hivemind_core.build import BuildOptions, encode_corpus
from hivemind_core.corpus.novelty_bench import import_novelty_bench
from hivemind_core.corpus.store import open_corpus
from hivemind_core.measurement import measure_corpus
from hivemind_core.summary import summarise

QUERIES = 10


def copy_part(source: Path, target: Path) -> None:
    """Copy NoveltyBench's layout with only its first queries by id."""
    ids = {f"curated-{i}" for i in range(QUERIES)}
    for path in sorted(source.rglob("*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if json.loads(line)["id"] in ids]
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(kept), encoding="utf-8")
    shutil.copy(source / "LICENSE", target)


def test_models_repeat_themselves_more_than_people_do(test_data: Path, tmp_path: Path) -> None:
    copy_part(test_data / "novelty-bench", tmp_path / "part")
    import_novelty_bench(str(tmp_path / "corpus"), tmp_path / "part")
    options = BuildOptions(environment={"HIVEMIND_CACHE": str(tmp_path / "cache")})
    corpus, encoder = encode_corpus(open_corpus(str(tmp_path / "corpus")), options)
    summary = summarise("", encoder, measure_corpus(corpus, encoder))
    means = {name: row["mean"] for name, row in summary["intra"].items()}
    assert means["gemini-1.5-pro"] > means["olmo2-7b"] > means["olmo2-7b · random-doc"]
    assert means["gpt-4o"] > means["olmo2-7b"] > means["human"] > summary["floor"]["mean"]
    within = sum(means[name] for name in summary["models"]) / len(summary["models"])
    assert summary["floor"]["mean"] < summary["inter"]["mean"] < within
    assert summary["queries"] == QUERIES
    assert summary["responses"] == QUERIES * 58
    assert summary["nearest_models"]["45"] is not None
    assert summary["nearest_models"]["50"] is None
