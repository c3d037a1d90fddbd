"""Perplexity: how expected a conversation is to a language model, here or behind an endpoint.

The perplexity of some tokens is exp(-(1/n) sum log p(token | all before it)). A score is minus
that, so that more is better.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hivemind_core.errors import WorkError, shorten
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
from hivemind_core.models.endpoints import Endpoint, find_endpoint
from hivemind_core.models.scorer import Item, Keep, Verdict, count_kept
from hivemind_core.progress import Report

if TYPE_CHECKING:
    from openai import OpenAI

WHOLE, RESPONSE = "perplexity:", "perplexity-response:"
ENDPOINT = "openai:"
VERSION = "1"
RETRIES = 5
BATCH, BATCH_TOKENS = 16, 2048  # the model gives a number for every token of its vocabulary
PLAIN = "User: {query}\n\nAssistant: {text}"
REWRITTEN = "the template rewrites the response"
TOO_SHORT = "no token with one before it"


@dataclass(frozen=True)
class Span:
    """A conversation as text, and which part of it counts.

    Attributes
    ----------
    text : str
    start, end : int
        Characters; tokens that reach into the part count, the very first one apart.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Perplexity:
    """Minus the perplexity under a language model of a folder or the hub.

    Attributes
    ----------
    checkpoint : Checkpoint
    form : str
        "perplexity:" for all of the conversation, as in the paper, or "perplexity-response:".
    kind : str
    """

    checkpoint: Checkpoint
    form: str = WHOLE
    kind: str = "lm"

    @property
    def name(self) -> str:
        """Under which a corpus keeps the scores."""
        return f"{self.form}{self.checkpoint.name}"

    @property
    def fingerprint(self) -> str:
        """Under which the cache keeps them."""
        return f"{self.form}{VERSION}:{self.checkpoint.fingerprint}"

    @property
    def record(self) -> Mapping[str, str]:
        """What is scored and by what."""
        return self.checkpoint.describe() | {
            "scored": _describe_part(self.form),
            "conversation": "in the tokenizer's chat template; "
            f"without one: {PLAIN!r}, with the tokenizer's own first token",
            "precision": "32 bits on a CPU, the checkpoint's own on a GPU",
            "too long": "no score",
        }

    def score(self, items: Sequence[Item], keep: Keep, report: Report) -> None:
        """Score items; see `Scorer`."""
        loaded = load(self.checkpoint, "language")
        tell = count_kept(keep, report, f"score by {self.checkpoint.name}", len(items))
        places, texts = [], []
        for place, item in enumerate(items):
            read = _read(loaded, item, self.form)
            if isinstance(read, str):
                tell(place, Verdict({}, read))
            else:
                places.append(place)
                texts.append(read)
        run_batches(
            [len(text.tokens) for text in texts],
            lambda batch: _run(loaded, [texts[i] for i in batch]),
            lambda i, verdict: tell(places[i], verdict),
            most=BATCH,
            tokens=BATCH_TOKENS,
        )


def _describe_part(form: str) -> str:
    part = "query and response as a conversation" if form == WHOLE else "the response, after query"
    return f"minus the perplexity of {part}"


def find_perplexity(name: str, environment: Mapping[str, str]) -> "Perplexity | EchoedPerplexity":
    """Return the scorer that a name means; nothing is loaded or asked yet.

    Parameters
    ----------
    name : str
        "perplexity:MODEL" or "perplexity-response:MODEL": a folder, a hub id, or "openai:" and
        the name of a model at a completions endpoint.
    environment : mapping
        OPENAI_API_KEY and OPENAI_BASE_URL.

    Raises
    ------
    InputError
        If MODEL is none of these, or the endpoint's key is missing.
    """
    form = RESPONSE if name.startswith(RESPONSE) else WHOLE
    model = name.removeprefix(form)
    if not model.startswith(ENDPOINT):
        return Perplexity(find_checkpoint(model), form)
    return EchoedPerplexity(model.removeprefix(ENDPOINT), find_endpoint(environment), form)


@dataclass(frozen=True)
class _Read:
    """The tokens of a conversation, and which of them count."""

    tokens: list[int]
    counted: list[int]


def write_conversation(tokenizer: Any, item: Item, form: str) -> Span | str:  # noqa: ANN401
    """Return a conversation in its template and the part that counts, or why there is none."""
    if tokenizer.chat_template is None:
        text = PLAIN.format(query=item.query, text=item.text)
    else:
        text = write_chat(tokenizer, item)
    if form == WHOLE:
        return Span(text, 0, len(text))
    shown = next((t for t in (item.text, item.text.strip()) if t in text), None)
    if shown is None:
        return REWRITTEN
    start = text.rindex(shown)
    return Span(text, start, start + len(shown))


def _read(loaded: Loaded, item: Item, form: str) -> _Read | str:
    span = write_conversation(loaded.tokenizer, item, form)
    if isinstance(span, str):
        return span
    has_template = loaded.tokenizer.chat_template is not None
    with quiet_tokenizer():
        read = loaded.tokenizer(
            span.text, add_special_tokens=not has_template, return_offsets_mapping=True
        )
    tokens, offsets = read["input_ids"], read["offset_mapping"]
    if len(tokens) > loaded.longest:
        return TOO_LONG
    counted = [
        place
        for place, (start, end) in enumerate(offsets)
        if place and end > span.start and start < span.end and end > start
    ]
    if form == WHOLE:
        counted = list(range(1, len(tokens)))
    return _Read(tokens, counted) if counted else TOO_SHORT


def _run(loaded: Loaded, texts: Sequence[_Read]) -> list[float]:
    import torch

    given = pad([text.tokens for text in texts], 0, loaded.model.device)
    with torch.inference_mode():
        logits = loaded.model(**given).logits
        losses = [
            torch.nn.functional.cross_entropy(
                logits[row, : len(text.tokens) - 1].float(),
                given["input_ids"][row, 1 : len(text.tokens)],
                reduction="none",
            ).double()
            for row, text in enumerate(texts)
        ]
        means = [
            float(loss[[place - 1 for place in text.counted]].mean())
            for loss, text in zip(losses, texts, strict=True)
        ]
    return [-raise_to_perplexity(mean) for mean in means]


def raise_to_perplexity(mean: float) -> float:
    """Return exp of a mean negative log-probability; infinite where that is too large."""
    return math.exp(mean) if mean < 700 else math.inf


@dataclass(frozen=True)
class EchoedPerplexity:
    """Minus the perplexity by a completions endpoint that echoes its prompt's log-probabilities.

    Chat endpoints do not give these. The conversation is plain text, since the endpoint's
    template is not known.

    Attributes
    ----------
    model : str
    endpoint : Endpoint
    form : str
        See `Perplexity`.
    kind : str
    """

    model: str
    endpoint: Endpoint
    form: str = WHOLE
    kind: str = "lm"

    @property
    def name(self) -> str:
        """Under which a corpus keeps the scores."""
        return f"{self.form}{ENDPOINT}{self.model}"

    @property
    def fingerprint(self) -> str:
        """Under which the cache keeps them."""
        return f"{self.name}@{self.endpoint.address}:{VERSION}"

    @property
    def record(self) -> Mapping[str, str]:
        """What is scored and by what."""
        return {
            "model": self.model,
            "endpoint": f"{self.endpoint.host}, completions",
            "scored": _describe_part(self.form),
            "conversation": repr(PLAIN),
        }

    def score(self, items: Sequence[Item], keep: Keep, report: Report) -> None:
        """Score items; see `Scorer`."""
        with _open_client(self.endpoint) as client:
            for place, item in enumerate(items):
                keep(place, self._score_one(client, item))
                report(f"score by {self.model}", place + 1, len(items))

    def _score_one(self, client: "OpenAI", item: Item) -> Verdict:
        import openai

        text = PLAIN.format(query=item.query, text=item.text)
        start = 0 if self.form == WHOLE else len(text) - len(item.text)
        try:
            reply: Any = client.completions.create(
                model=self.model, prompt=text, max_tokens=1, temperature=0, echo=True, logprobs=1
            )
            said = reply.choices[0].logprobs
            ends = [*said.text_offset[1:], len(text) + 1]
            tokens = list(zip(said.text_offset, ends, said.token_logprobs, strict=True))
        except openai.BadRequestError as error:
            if "context" in str(error) or "length" in str(error):
                return Verdict({}, TOO_LONG)
            raise self._say(self._quote(error)) from error
        except openai.OpenAIError as error:
            raise self._say(self._quote(error)) from error
        except (ValueError, TypeError, AttributeError, IndexError) as error:
            raise self._say("no log-probabilities") from error
        counted = [
            number
            for offset, end, number in tokens[1:]
            if offset < len(text) and end > start and number is not None
        ]
        if not counted:
            raise self._say("no log-probabilities of the prompt")
        value = -raise_to_perplexity(-math.fsum(counted) / len(counted))
        return Verdict({None: value}) if math.isfinite(value) else Verdict({}, "no finite number")

    def _quote(self, error: Exception) -> str:
        return shorten(self.endpoint.hide_key(str(error)), 160)

    def _say(self, found: str) -> WorkError:
        return WorkError(
            "the completions endpoint must give the log-probabilities of its prompt",
            where=self.endpoint.host,
            found=found,
            remedy="Chat endpoints give none; one of vLLM does, under /completions",
        )


def _open_client(endpoint: Endpoint) -> "OpenAI":
    from openai import DefaultHttpxClient, OpenAI

    return OpenAI(
        api_key=endpoint.api_key or "none",
        base_url=endpoint.base_url,
        max_retries=RETRIES,
        http_client=DefaultHttpxClient(trust_env=False) if endpoint.is_here else None,
    )
