"""Where corpora, shipped data and caches lie on this machine."""

import os
from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_cache_path, user_config_path, user_data_path

import hivemind_core
from hivemind_core.corpus.manifest import FILE

APPLICATION = "hivemind-atlas"


def find_dashboard() -> Path:
    """Return the folder of app.py: inside an installed package, or the checkout."""
    package = Path(hivemind_core.__file__).parent
    installed = package / "dashboard"
    return installed if (installed / "app.py").is_file() else package.parent


def find_shipped(name: str) -> Path:
    """Return a file or folder of the data that ships with the software."""
    return find_dashboard() / "data" / name


def find_corpora_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder in which the dashboard looks for corpora.

    `HIVEMIND_CORPORA` sets it; else it is `corpora` in the user's data directory.
    """
    return Path(environment.get("HIVEMIND_CORPORA") or user_data_path(APPLICATION) / "corpora")


def find_cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of caches: `HIVEMIND_CACHE`, or the user's cache directory."""
    return Path(environment.get("HIVEMIND_CACHE") or user_cache_path(APPLICATION))


def find_endpoint_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the file of endpoints that the dashboard reads.

    `HIVEMIND_ENDPOINTS` sets it; else it is `endpoints.toml` in the user's settings.
    """
    return Path(
        environment.get("HIVEMIND_ENDPOINTS") or user_config_path(APPLICATION) / "endpoints.toml"
    )


def find_calibration_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the user's own calibrations of encoders, beside the corpora folder."""
    return find_corpora_folder(environment).parent / "sameness"


def find_decks_folder(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the folder of decks: `HIVEMIND_DECKS`, or `decks` beside the corpora folder.

    None where `HIVEMIND_DECKS` is set to nothing: decks then stay with the visitor who makes them.
    """
    given = environment.get("HIVEMIND_DECKS")
    if given is not None:
        return Path(given) if given else None
    return find_corpora_folder(environment).parent / "decks"


def list_corpora(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Return the shipped corpora and then those in the corpora folder, by name."""
    folders = (find_shipped(""), find_corpora_folder(environment))
    return [path.parent for folder in folders for path in sorted(folder.glob(f"*/{FILE}"))]
