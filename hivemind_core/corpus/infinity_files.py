"""The four data sets of Infinity-Chat: from the Hugging Face hub, or from a folder."""

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hivemind_core.corpus.locations import find_cache_folder
from hivemind_core.errors import InputError, WorkError, shorten
from hivemind_core.progress import Report, report_nothing

OWNER = "liweijiang"
TAXONOMY = "infinite-chats-taxonomy"
EVALUATION = "infinite-chats-eval"
ABSOLUTE = "infinite-chats-human-absolute"
PAIRWISE = "infinite-chats-human-pairwise"
NAMES = (TAXONOMY, EVALUATION, ABSOLUTE, PAIRWISE)

PUBLIC_HUB = "https://huggingface.co"
HUB_SECONDS = 10
MAGIC = b"PAR1"
STAGE = "downloading Infinity-Chat"
BY_HAND = "Or give a folder of the files with --from"


@dataclass(frozen=True)
class DataSet:
    """One of the four data sets, on this machine.

    Attributes
    ----------
    name : str
        As on the hub, without its owner.
    files : tuple of Path
        Parquet files, in the order of their names.
    revision : str or None
        Commit that they are of; None where they come from a folder.
    """

    name: str
    files: tuple[Path, ...]
    revision: str | None = None


def find_data_sets(folder: Path) -> tuple[DataSet, ...]:
    """Return those data sets that lie in a folder: one sub-folder each, Parquet under `data`.

    Raises
    ------
    InputError
        If there is none.
    """
    files = {name: tuple(sorted((folder / name / "data").glob("*.parquet"))) for name in NAMES}
    found = tuple(DataSet(name, files[name]) for name in NAMES if files[name])
    if not found:
        raise InputError(
            f"a folder of Infinity-Chat must hold {TAXONOMY}/data/*.parquet or another of its sets",
            where=str(folder),
            remedy="Without --from the public files are downloaded",
        )
    return found


def download_data_sets(
    revision: str | None = None,
    *,
    report: Report = report_nothing,
    environment: Mapping[str, str] = os.environ,
) -> tuple[DataSet, ...]:
    """Fetch the four data sets from the Hugging Face hub into the cache.

    What is there is not fetched again, and a file that was cut goes on where it stopped.

    Parameters
    ----------
    revision : str, optional
        Branch, tag or commit of each; by default what `main` is now. The commit is pinned before
        the first file is fetched.
    report : Report
        Told of the bytes that have come.
    environment : mapping of str to str
        `HF_ENDPOINT` names another hub, `HF_TOKEN` a token, `HIVEMIND_CACHE` another cache.

    Raises
    ------
    WorkError
        If there is no network, or the hub does not give a file. Files that came are kept.
    """
    hub = _Hub(
        (environment.get("HF_ENDPOINT") or PUBLIC_HUB).rstrip("/"),
        environment.get("HF_TOKEN") or None,
        find_cache_folder(environment) / "hub",
    )
    listed = [hub.list_files(name, revision) for name in NAMES]
    total, done = sum(file.size for one in listed for file in one.files), 0
    found = []
    for one in listed:
        paths = []
        for file in one.files:
            paths.append(hub.fetch(one, file.name, _make_meter(report, done, total)))
            done += file.size
            report(STAGE, done, total)
        found.append(DataSet(one.name, tuple(paths), one.revision))
    return tuple(found)


@dataclass(frozen=True)
class _File:
    name: str
    size: int


@dataclass(frozen=True)
class _Listed:
    name: str
    revision: str
    files: tuple[_File, ...]


@dataclass(frozen=True)
class _Hub:
    """A hub, who asks, and where files are kept."""

    endpoint: str
    token: str | None
    folder: Path

    def list_files(self, name: str, revision: str | None) -> _Listed:
        """Return the commit that a revision means, and its Parquet files."""
        from huggingface_hub import HfApi

        where = f"{self.endpoint}/datasets/{OWNER}/{name}"
        with _in_one_line(where):
            told = HfApi(endpoint=self.endpoint, token=self.token).dataset_info(
                f"{OWNER}/{name}", revision=revision, timeout=HUB_SECONDS, files_metadata=True
            )
        files = tuple(
            _File(file.rfilename, file.size or 0)
            for file in sorted(told.siblings or (), key=lambda file: file.rfilename)
            if file.rfilename.startswith("data/") and file.rfilename.endswith(".parquet")
        )
        if not files or not told.sha:
            raise WorkError(
                "a data set must hold Parquet files under data/",
                where=where,
                found="none",
                remedy=f"Name the commit of an earlier state with --revision. {BY_HAND}",
            )
        return _Listed(name, told.sha, files)

    def fetch(self, listed: _Listed, file: str, meter: Any) -> Path:  # noqa: ANN401
        """Return a file on this machine."""
        from huggingface_hub import hf_hub_download

        where = f"{self.endpoint}/datasets/{OWNER}/{listed.name}/{file}"
        with _in_one_line(where):
            path = Path(
                hf_hub_download(
                    f"{OWNER}/{listed.name}",
                    file,
                    repo_type="dataset",
                    revision=listed.revision,
                    cache_dir=self.folder,
                    endpoint=self.endpoint,
                    token=self.token,
                    tqdm_class=meter,
                )
            )
        if not is_parquet(path):
            path.resolve().unlink()
            path.unlink(missing_ok=True)
            raise WorkError(
                "what came must be a whole Parquet file",
                where=where,
                found="something else",
                remedy=f"A proxy or login page may answer in its place. {BY_HAND}",
            )
        return path


def is_parquet(path: Path) -> bool:
    """Whether a file begins and ends as Parquet does."""
    content = path.read_bytes()
    return len(content) > 2 * len(MAGIC) and content.startswith(MAGIC) and content.endswith(MAGIC)


def _make_meter(report: Report, before: int, overall: int) -> Any:  # noqa: ANN401
    """Return the class of a progress bar that draws nothing and tells a `Report`."""
    from tqdm import tqdm

    class Meter(tqdm):  # type: ignore[type-arg]
        def __init__(self, *given: Any, **options: Any) -> None:  # noqa: ANN401
            options.pop("name", None)
            super().__init__(*given, **options | {"file": io.StringIO(), "disable": False})

        def update(self, n: float | None = 1) -> bool | None:
            shown = super().update(n)
            report(STAGE, min(before + int(self.n), overall), overall)
            return shown

    return Meter


@contextmanager
def _in_one_line(where: str) -> Iterator[None]:
    """Say in one line what the hub's client could not do."""
    from httpx2 import HTTPError
    from huggingface_hub import errors

    try:
        yield
    except (errors.GatedRepoError, errors.DisabledRepoError) as error:
        raise WorkError(
            "the hub must let you read the data set",
            where=where,
            found="it asks for access",
            remedy=f"Ask for it there, and set HF_TOKEN to your token. {BY_HAND}",
        ) from error
    except errors.RevisionNotFoundError as error:
        raise WorkError(
            "the data set must have that revision", where=where, found="no such revision"
        ) from error
    except (errors.RepositoryNotFoundError, errors.EntryNotFoundError) as error:
        raise WorkError(
            "the hub must have the data set",
            where=where,
            found="none of that name, or one that is closed to you",
            remedy=f"It may have been renamed. {BY_HAND}",
        ) from error
    except errors.HfHubHTTPError as error:
        raise WorkError(
            "the hub must answer as it should",
            where=where,
            found=f"status {error.response.status_code}",
            remedy=f"Try again later. {BY_HAND}",
        ) from error
    except ValueError as error:  # an answer that is no JSON
        raise WorkError(
            "the hub must answer as it should",
            where=where,
            found=shorten(str(error)),
            remedy=f"A proxy or login page may answer in its place. {BY_HAND}",
        ) from error
    except (errors.LocalEntryNotFoundError, OSError, HTTPError) as error:
        raise WorkError(
            "downloading needs a network connection that holds",
            where=where,
            found=_find_cause(error),
            remedy=f"Connect, and run it again: what came is kept. {BY_HAND}",
        ) from error


def _find_cause(error: BaseException) -> str:
    """Return the innermost reason of a connection that failed, in a few words."""
    while error.__cause__ is not None or error.__context__ is not None:
        error = error.__cause__ or error.__context__ or error
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return shorten(reason.split("\n", maxsplit=1)[0] or type(error).__name__, 120)
