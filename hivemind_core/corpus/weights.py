"""Weights of models: which lie in a folder, and whether the hub can be asked for others."""

import hashlib
from pathlib import Path

HUB_SECONDS = 10


def hash_folder(folder: Path) -> str:
    """Return a hash of the model's files, so that the cache notices other weights."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, read piece by piece."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def must_ask_hub(location: str) -> bool:
    """Whether a model is to be looked up on the hub: not a folder, and the hub answers.

    One question first: without network the hub's client would try each of a dozen files for half
    a minute before it takes what an earlier run has kept.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    if Path(location).is_dir():
        return False
    try:
        HfApi().model_info(location, timeout=HUB_SECONDS)
    except HfHubHTTPError:
        raise
    except Exception:  # every kind of missing network
        return False
    return True
