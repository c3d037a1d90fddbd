"""Reward models: sequence classifiers with one output, run on this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hivemind_core.errors import InputError
from hivemind_core.models.checkpoints import (
    TOO_LONG,
    Checkpoint,
    Loaded,
    find_checkpoint,
    load,
    pad,
    quiet_tokenizer,
    run_batches,
    write_chat,
)
from hivemind_core.models.scorer import Item, Keep, Verdict, count_kept
from hivemind_core.progress import Report

FORM = "reward:"
VERSION = "1"
BATCH, BATCH_TOKENS = 16, 8192


@dataclass(frozen=True)
class RewardModel:
    """A reward model of a folder or the hub.

    Reads the conversation in the tokenizer's chat template, whole or not at all: what is longer
    than the model reads has no score.

    Attributes
    ----------
    checkpoint : Checkpoint
    kind : str
    """

    checkpoint: Checkpoint
    kind: str = "reward_model"

    @property
    def name(self) -> str:
        """Under which a corpus keeps the scores."""
        return f"{FORM}{self.checkpoint.name}"

    @property
    def fingerprint(self) -> str:
        """Under which the cache keeps them."""
        return f"{FORM}{VERSION}:{self.checkpoint.fingerprint}"

    @property
    def record(self) -> Mapping[str, str]:
        """What is scored and by what."""
        return self.checkpoint.describe() | {
            "scored": "query and response as a conversation, in the tokenizer's chat template",
            "score": "the one output of the classifier",
            "precision": "32 bits on a CPU, the checkpoint's own on a GPU",
            "too long": "no score",
        }

    def score(self, items: Sequence[Item], keep: Keep, report: Report) -> None:
        """Score items; see `Scorer`."""
        loaded = load(self.checkpoint, "reward")
        _check(loaded, self.checkpoint)
        sequences = _write_conversations(loaded, items)
        tell = count_kept(keep, report, f"score by {self.checkpoint.name}", len(items))
        readable = [i for i, tokens in enumerate(sequences) if len(tokens) <= loaded.longest]
        for place in sorted(set(range(len(items))) - set(readable)):
            tell(place, Verdict({}, TOO_LONG))

        def run(batch: Sequence[int]) -> Sequence[float]:
            return _run(loaded, [sequences[readable[place]] for place in batch])

        # Without a padding token the model cannot tell where a shorter conversation ends.
        most = BATCH if loaded.model.config.pad_token_id is not None else 1
        run_batches(
            [len(sequences[i]) for i in readable],
            run,
            lambda place, verdict: tell(readable[place], verdict),
            most=most,
            tokens=BATCH_TOKENS,
        )


def find_reward(name: str) -> RewardModel:
    """Return the reward model that "reward:MODEL" names; nothing is loaded yet.

    Raises
    ------
    InputError
        If MODEL is neither a folder nor a hub id.
    """
    return RewardModel(find_checkpoint(name.removeprefix(FORM)))


def _check(loaded: Loaded, checkpoint: Checkpoint) -> None:
    outputs = loaded.model.config.num_labels
    if outputs != 1:
        raise InputError(
            "a reward model has one output", where=checkpoint.location, found=f"{outputs} outputs"
        )
    if loaded.tokenizer.chat_template is None:
        raise InputError(
            "a reward model needs a tokenizer with a chat template",
            where=checkpoint.location,
            found="none",
            remedy="Put the template that it was trained with into its tokenizer_config.json",
        )


def _write_conversations(loaded: Loaded, items: Sequence[Item]) -> list[list[int]]:
    """Return the tokens of each conversation; the template has written the special ones."""
    texts = [write_chat(loaded.tokenizer, item) for item in items]
    with quiet_tokenizer():
        return [loaded.tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]


def _run(loaded: Loaded, sequences: Sequence[Sequence[int]]) -> list[float]:
    import torch

    padding = loaded.model.config.pad_token_id or 0
    with torch.inference_mode():
        logits = loaded.model(**pad(sequences, padding, loaded.model.device)).logits
    return [float(value) for value in logits[:, 0].float().cpu()]
