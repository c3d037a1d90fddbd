"""NoveltyBench's public files, by HTTPS, checked against their known hashes."""

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hivemind_core.corpus.locations import find_cache_folder
from hivemind_core.errors import WorkError
from hivemind_core.progress import Report, report_nothing

MIRROR_VARIABLE = "HIVEMIND_GITHUB_RAW"
PUBLIC_HOST = "https://raw.githubusercontent.com"
TIMEOUT_SECONDS = 30
STAGE = "downloading NoveltyBench"


@dataclass(frozen=True)
class PublicFile:
    """A file of a public repository at a fixed commit, and where it lies in the layout here."""

    path: str
    repository: str
    commit: str
    remote_path: str
    sha256: str
    size: int

    @property
    def address(self) -> str:
        """Its address on the host."""
        return f"{self.repository}/{self.commit}/{self.remote_path}"


FIRST = ("novelty-bench/novelty-bench", "5b22b53")
SECOND = ("wenzhilics/novelty-bench-ori", "05b8715aa2631ed330f0cc3c865374d24be53cc6")
THIRD = ("SeunEisape/novelty-bench", "4da880a3896fdd9dfa64982455c7e372a99eb245")


def _in_place(repository: tuple[str, str], path: str, sha256: str, size: int) -> PublicFile:
    return PublicFile(path, *repository, path, sha256, size)


def _in_results(folder: str, sha256: str, size: int) -> PublicFile:
    path = f"evaluation/{folder}/nb-curated/scores.jsonl"
    return PublicFile(path, *THIRD, f"results/curated/{folder}/scores.jsonl", sha256, size)


NOVELTY_BENCH = (
    _in_place(
        FIRST,
        "data/curated.jsonl",
        "ca9b6f470e5d7f7e34a281e2fdaa6f6e51c38bdae075ea580d184139ec391fa7",
        84737,
    ),
    _in_place(
        FIRST,
        "evaluation/2025-03-27_gemini-1.5-pro/nb-curated/scores.jsonl",
        "3449323c4a03721ecbf564bfb7255f0058713ca99dd27e94bae20bd56258972e",
        541804,
    ),
    _in_place(
        SECOND,
        "data/humans.jsonl",
        "4ea7927df8215e7f032157b3985c23ffcdcc3d8afb020ce35cdf31178d4dcfd7",
        81980,
    ),
    _in_place(
        SECOND,
        "evaluation/2025-11-21_CrPO-llama-3.1-8b-instruct-cre/nb-curated/scores.jsonl",
        "33179da43c88bf8555ab9e9ce02c5b2085511f39c7f865ba5f99a4ee432e0bc3",
        239732,
    ),
    _in_results(
        "gpt4o", "25d3f10d789d71fb646064a4ce6d956a8bcf8c41bbec2550a12ecb18622c2910", 601991
    ),
    _in_results(
        "olmo2-7b", "5005253c1434ad9754d3ad0290bb41fee37ff6e8550b455fbbea0e4c0b5339f8", 1194145
    ),
    _in_results(
        "olmo2-7b-random",
        "56e14d99342e1cb927b15163ff80fd7f10107c9e2e67f31804b321d8aac863e6",
        1201333,
    ),
)


def download_novelty_bench(
    *,
    report: Report = report_nothing,
    environment: Mapping[str, str] = os.environ,
    mirror: str | None = None,
    files: tuple[PublicFile, ...] = NOVELTY_BENCH,
) -> Path:
    """Fetch NoveltyBench's public files into the cache; files that are there are not fetched.

    Parameters
    ----------
    report : Report
        Told of the bytes that have come.
    environment : mapping of str to str
        `HIVEMIND_GITHUB_RAW` names another host, `HIVEMIND_CACHE` another cache.
    mirror : str, optional
        Another host; goes before the environment.
    files : tuple of PublicFile
        What to fetch.

    Returns
    -------
    Path
        A folder in NoveltyBench's layout, for `novelty_bench.import_novelty_bench`.

    Raises
    ------
    WorkError
        If there is no network, the host does not have a file, or what came is not that file.
    """
    host = (mirror or environment.get(MIRROR_VARIABLE) or PUBLIC_HOST).rstrip("/")
    folder = find_cache_folder(environment) / "novelty-bench"
    total, done = sum(file.size for file in files), 0
    for file in files:
        _fetch(file, host, folder, _Meter(report, done, total))
        done += file.size
        report(STAGE, done, total)
    return folder


class _Meter:
    """What pooch expects of a progress bar, as a `Report`."""

    def __init__(self, report: Report, before: int, overall: int) -> None:
        self._report, self._before, self._overall = report, before, overall
        self._done = 0
        self.total = 0  # pooch sets it to what the server says

    def update(self, size: int) -> None:
        self._done += size
        self._report(STAGE, min(self._before + self._done, self._overall), self._overall)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        """Do nothing; other files follow."""


def _fetch(file: PublicFile, host: str, folder: Path, meter: Any) -> None:  # noqa: ANN401
    import pooch
    import requests

    url = f"{host}/{file.address}"
    pooch.get_logger().setLevel(logging.WARNING)
    target = folder / file.path
    downloader = pooch.HTTPDownloader(progressbar=meter, timeout=TIMEOUT_SECONDS)
    try:
        pooch.retrieve(url, f"sha256:{file.sha256}", target.name, target.parent, None, downloader)
    except requests.HTTPError as error:
        raise WorkError(
            "the host must have the file",
            where=url,
            found=str(error).split(" for url", maxsplit=1)[0],
            remedy="Fetch the files by hand and give their folder with --from",
        ) from error
    except requests.exceptions.ChunkedEncodingError as error:
        raise WorkError(
            "the file must arrive whole", where=url, found="a cut answer", remedy="Try again"
        ) from error
    except (requests.RequestException, TimeoutError) as error:
        raise WorkError(
            "downloading needs a network connection",
            where=url,
            found=_find_cause(error),
            remedy="Connect, or give a folder of the files with --from",
        ) from error
    except ValueError as error:  # pooch's word for a hash that differs
        raise WorkError(
            "what came must be the known file",
            where=url,
            found="another SHA-256",
            remedy="A proxy or login page may answer in its place",
        ) from error
    except OSError as error:
        raise WorkError(
            "the cache must be writable", where=str(folder), found=error.strerror or str(error)
        ) from error


def _find_cause(error: BaseException) -> str:
    """Return the innermost reason of a connection that failed, in a few words."""
    while error.__context__ is not None:
        error = error.__context__
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return reason or type(error).__name__
