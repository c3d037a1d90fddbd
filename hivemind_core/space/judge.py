"""Judges: models that read two answers side by side and say whether they are the same.

`find_judge` names them: a classifier of the Hugging Face hub, such as the one that NoveltyBench
publishes, or one in a folder. `judge_all` asks about every pair of answers that is worth asking
about, each pair once (docs/sameness.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hivemind_core.corpus.pair_cache import Pair, PairCache
from hivemind_core.corpus.weights import hash_folder, must_ask_hub
from hivemind_core.errors import HivemindError, InputError, WorkError, shorten
from hivemind_core.progress import Report

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PUBLISHED_JUDGE = "yimingzhang/deberta-v3-large-generation-similarity"
"""NoveltyBench's classifier (Zhang et al. 2025, arXiv:2504.05228)."""
PUBLISHED_VOCABULARY = "microsoft/deberta-v3-large"
"""Whose tokenizer NoveltyBench's own code (src/partition.py) takes for it."""
PUBLISHED_THRESHOLD = 0.102
"""Above which that code calls two answers the same."""

LEAST_COSINE = 0.5
"""Pairs below it are not judged: 2.4 % (9 of 377) of those that people call the same."""
TOKENS = 128
"""Of each answer are read: what NoveltyBench trained its classifier on."""
BATCH = 16
CHUNK = 64
VOCABULARY_FILES = ("spm.model", "spiece.model", "tokenizer.model", "sentencepiece.bpe.model")

Matrix = NDArray[np.float32]


class Judge(Protocol):
    """Says how surely two texts are the same.

    Attributes
    ----------
    name : str
        Under which a corpus keeps what it says.
    fingerprint : str
        Under which the cache keeps it: changes when the weights do.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def fingerprint(self) -> str: ...  # noqa: D102

    def judge(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Return one number from 0 to 1 a pair, shape (n,), whatever the order within it."""
        ...


@dataclass(frozen=True)
class Classifier:
    """A sequence classifier, loaded, with its tokenizer.

    Attributes
    ----------
    backend : tokenizers.Tokenizer
    padding : int
        Token that fills up the shorter ones of a batch.
    inputs : tuple of str
        Names of what the model is given.
    model : transformers.PreTrainedModel
        With one label or two.
    """

    backend: Any
    padding: int
    inputs: tuple[str, ...]
    model: Any

    def score(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Return what the model says of pairs in the order given, shape (n,), in [0, 1].

        One label: 1 / (1 + exp(-logit)). Two: the softmax of the second. No pairs give shape
        (0,).
        """
        sequences = self._assemble(pairs)
        # By length, so that little is filled up; by content, so that equal questions in another
        # order get equal batches, and with them the same last digits.
        order = sorted(range(len(pairs)), key=lambda i: (len(sequences[i].ids), sequences[i].ids))
        scores = np.empty(len(pairs), np.float32)
        for start in range(0, len(order), BATCH):
            some = order[start : start + BATCH]
            scores[some] = self._run([sequences[i] for i in some])
        return scores

    def _assemble(self, pairs: Sequence[Pair]) -> list[Any]:
        """Return the tokens of each pair: both texts cut, then joined as the model is used to.

        For DeBERTa and BERT that is [CLS] first [SEP] second [SEP], of type 0 up to the first
        [SEP] and 1 behind it.
        """
        texts = sorted({text for pair in pairs for text in pair})
        cut = dict(
            zip(texts, self.backend.encode_batch(texts, add_special_tokens=False), strict=True)
        )
        for tokens in cut.values():
            tokens.truncate(TOKENS)
        return [self.backend.post_process(cut[first], cut[second]) for first, second in pairs]

    def _run(self, sequences: Sequence[Any]) -> NDArray[np.float32]:
        import torch

        width = max(len(sequence.ids) for sequence in sequences)
        for sequence in sequences:
            sequence.pad(width, pad_id=self.padding)
        parts = {
            "input_ids": [sequence.ids for sequence in sequences],
            "token_type_ids": [sequence.type_ids for sequence in sequences],
            "attention_mask": [sequence.attention_mask for sequence in sequences],
        }
        device = self.model.device
        given = {name: torch.tensor(parts[name], device=device) for name in self.inputs}
        with torch.inference_mode():
            logits = self.model(**given).logits.cpu()
        chances = logits.sigmoid()[:, 0] if logits.shape[1] == 1 else logits.softmax(-1)[:, 1]
        return np.asarray(chances.numpy(), np.float32)


@dataclass(frozen=True)
class ClassifierJudge:
    """A sequence classifier in a folder or on the Hugging Face hub.

    Attributes
    ----------
    name, fingerprint : str
    location : str
        Folder or hub id of the model.
    vocabulary : str
        Folder or hub id of its tokenizer.
    """

    name: str
    fingerprint: str
    location: str
    vocabulary: str

    def judge(self, pairs: Sequence[Pair]) -> NDArray[np.float32]:
        """Return the mean of what the model says of each pair in both orders.

        Parameters
        ----------
        pairs : sequence of (str, str), length n
            The first 128 tokens of each text are read.

        Returns
        -------
        (n,) float32
            In [0, 1]; the same for (a, b) and (b, a). No pairs load nothing and give shape (0,).

        Raises
        ------
        InputError
            If the model is no classifier of one label or two, or has not the tokenizer for it.
        WorkError
            If it cannot be loaded.

        Notes
        -----
        Misleads where what differs comes after the 128 tokens, about 90 English words. Of two
        labels the second has to mean "the same", of one label a high logit: a model trained for
        anything else gives numbers too. NoveltyBench asks in one order only, and older versions
        of its code decide on answers of up to five words without asking.
        """
        if not pairs:
            return np.empty(0, np.float32)
        classifier = load_classifier(self.location, self.vocabulary)
        turned = [(second, first) for first, second in pairs]
        both = classifier.score([*pairs, *turned])
        return np.asarray((both[: len(pairs)] + both[len(pairs) :]) / 2, np.float32)


def find_judge(name: str, environment: Mapping[str, str]) -> Judge:
    """Return the judge of that name; nothing is loaded yet.

    Parameters
    ----------
    name : str
        A folder with a model of transformers' AutoModelForSequenceClassification and its
        tokenizer, or a hub id such as "yimingzhang/deberta-v3-large-generation-similarity".
    environment : mapping
        As for `find_encoder`; a judge needs nothing from it.

    Raises
    ------
    InputError
        If the name is neither.
    """
    folder = Path(name)
    if name and folder.is_dir():
        resolved = folder.resolve()
        fingerprint = f"{hash_folder(resolved)}:{TOKENS}"
        return ClassifierJudge(resolved.name, fingerprint, str(resolved), str(resolved))
    if name.count("/") == 1 and not name.startswith((".", "/")) and ":" not in name:
        vocabulary = PUBLISHED_VOCABULARY if name == PUBLISHED_JUDGE else name
        return ClassifierJudge(name, f"hub:{name}:{TOKENS}", name, vocabulary)
    raise InputError(
        "a judge is a folder, or a hub id such as owner/name",
        found=shorten(name),
        remedy=f"NoveltyBench's is {PUBLISHED_JUDGE}",
    )


@lru_cache(maxsize=1)
def load_classifier(location: str, vocabulary: str) -> Classifier:
    """Return the classifier of a folder or hub id.

    Parameters
    ----------
    location, vocabulary : str
        Folder or hub id of the model, and of its tokenizer.

    Raises
    ------
    InputError
        If the model is no classifier of one label or two, or has not the tokenizer for it.
    WorkError
        If it is not there, the hub cannot be reached, or a package is missing.
    """
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # it would draw over the build's own
    level = logging.get_verbosity()
    # What it would warn of over many lines is refused below in one.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        offline = not must_ask_hub(location)
        # First what is small: a tokenizer that cannot be used is known before the download.
        tokenizer = _load_tokenizer(vocabulary, offline)
        model = _load_model(location, offline)
    except HivemindError:
        raise
    except Exception as error:  # the loaders raise whatever their many parts raise
        raise WorkError(
            "the judge cannot be loaded",
            where=location,
            found=shorten(str(error).strip().split("\n", maxsplit=1)[0], 160),
            remedy="Check the name and the network, or give a folder that holds the model",
        ) from error
    finally:
        logging.set_verbosity(level)
    _check_fit(tokenizer, model, location)
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    known = ("input_ids", "token_type_ids", "attention_mask")
    inputs = tuple(name for name in known if name in tokenizer.model_input_names)
    return Classifier(backend, tokenizer.pad_token_id, inputs, model)


def _load_tokenizer(vocabulary: str, offline: bool) -> "PreTrainedTokenizerBase":
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(
            vocabulary, trust_remote_code=False, local_files_only=offline
        )
    except Exception as error:
        # transformers then asks for tiktoken, which cannot read the file.
        if find_spec("sentencepiece") is None and _holds_pieces(vocabulary):
            raise WorkError(
                "the judge's tokenizer is a SentencePiece file",
                where=vocabulary,
                found="no package that reads it",
                remedy="Install it: .venv/bin/pip install sentencepiece",
            ) from error
        raise


def _holds_pieces(vocabulary: str) -> bool:
    """Whether a vocabulary of SentencePiece is in the folder, or has come from the hub."""
    from transformers.utils.hub import cached_file

    return any(
        cached_file(
            vocabulary, name, local_files_only=True, _raise_exceptions_for_missing_entries=False
        )
        for name in VOCABULARY_FILES
    )


def _load_model(location: str, offline: bool) -> "PreTrainedModel":
    import torch
    from transformers import AutoModelForSequenceClassification

    model, news = AutoModelForSequenceClassification.from_pretrained(
        location,
        dtype=torch.float32,
        trust_remote_code=False,
        local_files_only=offline,
        output_loading_info=True,
    )
    # Without this an encoder would judge by a last layer of random numbers.
    if news["missing_keys"]:
        raise InputError(
            "a judge must be a trained sequence classifier",
            where=location,
            found=f"no weights for {min(news['missing_keys'])}",
        )
    if model.config.num_labels not in (1, 2):
        raise InputError(
            "a judge has one label, or two of which the second means the same",
            where=location,
            found=f"{model.config.num_labels} labels",
        )
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def _check_fit(
    tokenizer: "PreTrainedTokenizerBase", model: "PreTrainedModel", location: str
) -> None:
    """Raise InputError if tokenizer and model do not belong together.

    Where a model comes without a tokenizer, transformers makes one of special tokens only, to
    which all words are unknown and all answers of one length the same.
    """
    tokens = tokenizer.get_vocab()
    words = len(tokens.keys() - set(tokenizer.all_special_tokens))
    if (
        not tokenizer.is_fast
        or not words
        or tokenizer.pad_token_id is None
        or max(tokens.values()) >= model.config.vocab_size
    ):
        raise InputError(
            "a judge needs the tokenizer it was trained with, in the format of tokenizers",
            where=location,
            found=f"{words} words for a model of {model.config.vocab_size}",
            remedy="Put the tokenizer's files beside the model",
        )
    wanted = 2 * TOKENS + tokenizer.num_special_tokens_to_add(pair=True)
    length = getattr(model.config, "max_position_embeddings", wanted)
    if length < wanted:
        raise InputError(
            f"a judge must read two answers of {TOKENS} tokens",
            where=location,
            found=f"{length} tokens at most",
        )


def judge_all(
    texts: Sequence[str],
    vectors: NDArray[np.floating],
    judge: Judge,
    cache: PairCache,
    report: Report,
) -> Matrix:
    """Return what a judge says of each two of some answers.

    Parameters
    ----------
    texts : sequence of str, length n
        Answers to one query.
    vectors : (n, d) float
        Unit rows of any encoder.
    judge : Judge
        Asked once about each pair of distinct texts, white space at both ends left out, whose
        cosine is at least 0.5.
    cache : PairCache
        Keeps what was judged, 64 pairs at a time: a stopped run goes on with those it was at.
    report : Report
        Called as ("judge", pairs done, pairs in all); never where no pair is to be judged.

    Returns
    -------
    (n, n) float32
        Symmetric, in [0, 1]; 1 on the diagonal and where texts are word for word the same, 0
        where the cosine is below 0.5. Shape (0, 0) for no texts.

    Raises
    ------
    WorkError
        If the judge cannot be loaded, or gives something else than numbers from 0 to 1.

    Notes
    -----
    Up to n (n - 1) / 2 pairs. The 0.5 is for all-MiniLM-L6-v2: below it lie 2.4 % (9 of 377;
    95 % interval 1 to 4 %) of the pairs that people call the same, and half of the pairs
    within a query. Under an encoder whose cosines run higher it spares less, under one whose
    cosines run lower it loses more. A 0 says that nobody was asked, not that the two differ.
    """
    stripped = [text.strip() for text in texts]
    wordings = sorted(set(stripped))
    numbers = {wording: number for number, wording in enumerate(wordings)}
    place = np.array([numbers[text] for text in stripped], np.int64)
    chances = np.eye(len(wordings), dtype=np.float32)
    left, right = _choose_pairs(_choose_rows(texts, place), vectors)
    for start in range(0, len(left), CHUNK):
        some = slice(start, start + CHUNK)
        pairs = [(wordings[i], wordings[j]) for i, j in zip(left[some], right[some], strict=True)]
        chances[left[some], right[some]] = _judge_chunk(pairs, judge, cache)
        report("judge", min(start + CHUNK, len(left)), len(left))
    chances = np.maximum(chances, chances.T)
    return chances[np.ix_(place, place)]


def _choose_rows(texts: Sequence[str], place: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a row for each wording: of several, one that does not depend on their order."""
    rows: dict[int, int] = {}
    for row in sorted(range(len(texts)), key=texts.__getitem__):
        rows.setdefault(int(place[row]), row)
    return np.array([rows[number] for number in range(len(rows))], np.int64)


def _choose_pairs(
    rows: NDArray[np.int64], vectors: NDArray[np.floating]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return both sides, as positions in `rows`, of the pairs whose cosine reaches the bound."""
    chosen = np.asarray(vectors, np.float32)[rows]
    left, right = np.nonzero(np.triu(chosen @ chosen.T >= LEAST_COSINE, 1))
    return left, right


def _judge_chunk(pairs: Sequence[Pair], judge: Judge, cache: PairCache) -> list[float]:
    known = cache.read(judge.fingerprint, pairs)
    missing = [pair for pair in pairs if pair not in known]
    if missing:
        said = judge.judge(missing)
        if said.shape != (len(missing),) or not ((said >= 0) & (said <= 1)).all():
            raise WorkError(
                "a judge must give one number from 0 to 1 a pair",
                where=judge.name,
                found=f"shape {said.shape} for {len(missing)} pairs, or others",
            )
        new = dict(zip(missing, said.tolist(), strict=True))
        cache.write(judge.fingerprint, new)
        known |= new
    return [known[pair] for pair in pairs]
