"""Checkpoints of transformers: found by name, loaded, and run on batches of like length."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from hivemind_core.corpus.weights import hash_folder, must_ask_hub
from hivemind_core.errors import HivemindError, InputError, WorkError, shorten
from hivemind_core.models.scorer import Item, Verdict

Task = Literal["reward", "language"]

OUT_OF_MEMORY = "out of memory"
TOO_LONG = "longer than the model reads"
NOT_FINITE = "no finite number"
UNBOUNDED = 10**6  # what a tokenizer says that knows no limit


@dataclass(frozen=True)
class Checkpoint:
    """A model of transformers that is not loaded yet.

    Attributes
    ----------
    name : str
        Hub id, or the folder's own name.
    fingerprint : str
        Changes when the files of a folder do; of a hub id, its name and revision.
    location : str
    revision : str or None
        Branch, tag or commit on the hub.
    """

    name: str
    fingerprint: str
    location: str
    revision: str | None = None

    def describe(self) -> dict[str, str]:
        """Return the lines of a record that say which model it is."""
        if Path(self.location).is_dir():
            return {"model": f"{self.name}, a folder", "files": f"sha256 {self.fingerprint}"}
        revision = self.revision or "main as it was when it was loaded"
        return {"model": f"{self.name} of the Hugging Face hub", "revision": revision}


def find_checkpoint(name: str) -> Checkpoint:
    """Return the checkpoint of a folder, or of a hub id such as owner/name or owner/name@revision.

    Raises
    ------
    InputError
        If the name is neither.
    """
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        resolved = folder.resolve()
        return Checkpoint(resolved.name, hash_folder(resolved), str(resolved))
    hub_id, _, revision = name.partition("@")
    if hub_id.count("/") == 1 and not name.startswith((".", "/", "~")) and ":" not in name:
        return Checkpoint(hub_id, f"hub:{name}", hub_id, revision or None)
    raise InputError(
        "a model is a folder, or a hub id such as owner/name or owner/name@revision",
        where="--scorer",
        found=shorten(name),
    )


@dataclass(frozen=True, eq=False)
class Loaded:
    """A checkpoint in memory.

    Attributes
    ----------
    model : transformers.PreTrainedModel
    tokenizer : transformers.PreTrainedTokenizerFast
    longest : int
        Tokens that the model reads.
    """

    model: Any
    tokenizer: Any
    longest: int


@lru_cache(maxsize=1)
def load(checkpoint: Checkpoint, task: Task) -> Loaded:
    """Return a checkpoint with its tokenizer, on the GPU where there is one.

    Raises
    ------
    InputError
        If it is no trained model of that task, or has no tokenizer in the format of tokenizers.
    WorkError
        If it is not there, or the hub cannot be reached.
    """
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it would draw over our own
    level = logging.get_verbosity()
    # What it would warn of over many lines is refused below in one.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        offline = not must_ask_hub(checkpoint.location)
        tokenizer = _load_tokenizer(checkpoint, offline)
        model = _load_model(checkpoint, task, offline)
    except HivemindError:
        raise
    except Exception as error:  # the loaders raise whatever their many parts raise
        raise WorkError(
            "the model cannot be loaded",
            where=checkpoint.location,
            found=shorten(str(error).strip().split("\n", maxsplit=1)[0], 160),
            remedy="Check the name and the network, or give a folder that holds the model",
        ) from error
    finally:
        logging.set_verbosity(level)
    limits = (
        getattr(model.config, "max_position_embeddings", None),
        tokenizer.model_max_length,
    )
    longest = min((n for n in limits if n and n < UNBOUNDED), default=UNBOUNDED)
    return Loaded(model, tokenizer, longest)


def _load_tokenizer(checkpoint: Checkpoint, offline: bool) -> Any:  # noqa: ANN401
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        checkpoint.location,
        revision=checkpoint.revision or "main",
        trust_remote_code=False,
        local_files_only=offline,
    )
    words = len(tokenizer.get_vocab().keys() - set(tokenizer.all_special_tokens))
    # Where a model comes without a tokenizer, transformers makes one of special tokens only.
    if not tokenizer.is_fast or not words:
        raise InputError(
            "a model needs the tokenizer it was trained with, in the format of tokenizers",
            where=checkpoint.location,
            found=f"{words} words",
            remedy="Put the tokenizer's files beside the model",
        )
    return tokenizer


def _load_model(checkpoint: Checkpoint, task: Task, offline: bool) -> Any:  # noqa: ANN401
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    kind: Any = AutoModelForSequenceClassification if task == "reward" else AutoModelForCausalLM
    on_gpu = torch.cuda.is_available()
    model, news = kind.from_pretrained(
        checkpoint.location,
        revision=checkpoint.revision or "main",
        dtype="auto" if on_gpu else torch.float32,
        trust_remote_code=False,
        local_files_only=offline,
        output_loading_info=True,
    )
    # Without this a model of another task would score by a last layer of random numbers.
    if news["missing_keys"]:
        wanted = "reward model" if task == "reward" else "language model"
        raise InputError(
            f"the checkpoint must be a trained {wanted}",
            where=checkpoint.location,
            found=f"no weights for {min(news['missing_keys'])}",
        )
    return model.to("cuda" if on_gpu else "cpu").eval()


@contextmanager
def quiet_tokenizer() -> Iterator[None]:
    """Silence what transformers says of texts longer than a model reads: they are counted here."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(level)


def write_chat(tokenizer: Any, item: Item) -> str:  # noqa: ANN401
    """Return a query and a response in a tokenizer's chat template.

    Raises
    ------
    InputError
        If the template does not take them.
    """
    messages = [
        {"role": "user", "content": item.query},
        {"role": "assistant", "content": item.text},
    ]
    try:
        return str(tokenizer.apply_chat_template(messages, tokenize=False))
    except Exception as error:  # a template is a program of the model's authors
        raise InputError(
            "the chat template must take a turn of the user and one of the assistant",
            where=tokenizer.name_or_path,
            found=shorten(str(error).split("\n", maxsplit=1)[0], 160),
        ) from error


def run_batches(
    lengths: Sequence[int],
    run: Callable[[Sequence[int]], Sequence[float]],
    keep: Callable[[int, Verdict], None],
    *,
    most: int,
    tokens: int,
) -> None:
    """Score items in batches of like length, smaller ones where memory does not suffice.

    Parameters
    ----------
    lengths : sequence of int, length n
        Tokens of each item.
    run : callable
        Takes places of items, gives a score each; nan or infinite where there is none.
    keep : callable
        Called with each place and its verdict.
    most, tokens : int
        Items in a batch, and tokens with their padding, at most; one item is a batch always.
    """
    order = sorted(range(len(lengths)), key=lambda place: (lengths[place], place))
    waiting = list(reversed(_cut_batches(order, lengths, most, tokens)))
    while waiting:
        batch = waiting.pop()
        try:
            scores = run(batch)
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            if len(batch) == 1:
                keep(batch[0], Verdict({}, OUT_OF_MEMORY, is_final=False))
            else:
                half = len(batch) // 2
                waiting += [batch[half:], batch[:half]]
            continue
        for place, score in zip(batch, scores, strict=True):
            verdict = Verdict({None: score}) if math.isfinite(score) else Verdict({}, NOT_FINITE)
            keep(place, verdict)


def _cut_batches(
    order: Sequence[int], lengths: Sequence[int], most: int, tokens: int
) -> list[list[int]]:
    batches: list[list[int]] = []
    for place in order:  # the last of a batch is its longest
        last = batches[-1] if batches else []
        if last and len(last) < most and (len(last) + 1) * lengths[place] <= tokens:
            last.append(place)
        else:
            batches.append([place])
    return batches


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether torch had no memory: on a GPU it says so by its own error, on a CPU in words."""
    import torch

    return isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def pad(sequences: Sequence[Sequence[int]], padding: int, device: Any) -> Mapping[str, Any]:  # noqa: ANN401
    """Return sequences of tokens as one matrix, filled up on the right, and its mask."""
    import torch

    width = max(map(len, sequences))
    ids = torch.full((len(sequences), width), padding, dtype=torch.long)
    mask = torch.zeros((len(sequences), width), dtype=torch.long)
    for row, sequence in enumerate(sequences):
        ids[row, : len(sequence)] = torch.tensor(sequence, dtype=torch.long)
        mask[row, : len(sequence)] = 1
    return {"input_ids": ids.to(device), "attention_mask": mask.to(device)}
