"""Sampling against a stub that answers after 50 ms: beside a bare loop over the same client."""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.timing import print_row

SAMPLES, IN_FLIGHT, SECONDS = 1000, 50, 0.05
PAIRS = 7
PORT = 8766
ADDRESS = f"http://127.0.0.1:{PORT}/v1"


def serve() -> None:
    """Answer every chat completion after 50 ms, until stopped."""
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def answer(_: Request) -> JSONResponse:
        await asyncio.sleep(SECONDS)
        message = {"role": "assistant", "content": "Time is a river."}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        about = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
        return JSONResponse(about | {"choices": [choice], "usage": usage})

    async def greet(_: Request) -> JSONResponse:
        return JSONResponse({})

    routes = [Route("/v1/chat/completions", answer, methods=["POST"]), Route("/", greet)]
    uvicorn.run(Starlette(routes=routes), port=PORT, log_level="error")


async def ask_bare() -> None:
    """Ask as plainly as can be: a gate, a client, and nothing kept."""
    from openai import AsyncOpenAI

    gate = asyncio.Semaphore(IN_FLIGHT)
    async with AsyncOpenAI(api_key="none", base_url=ADDRESS, max_retries=0) as client:

        async def ask_one() -> None:
            async with gate:
                await client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": "Time?"}], max_tokens=64
                )

        await asyncio.gather(*(ask_one() for _ in range(SAMPLES)))


def time_bare() -> float:
    """Return the seconds of the bare loop."""
    start = time.perf_counter()
    asyncio.run(ask_bare())
    return time.perf_counter() - start


def time_ours() -> float:
    """Return the seconds of sampling, with everything kept."""
    from hivemind_core.corpus.answer_journal import AnswerJournal
    from hivemind_core.models.endpoint_file import Served
    from hivemind_core.models.endpoints import Endpoint
    from hivemind_core.models.strategies import BUILT_IN
    from hivemind_core.sampling.asking import Tools, sample
    from hivemind_core.sampling.orders import Order, Query

    served = Served("m", Endpoint("stub", ADDRESS, max_concurrency=IN_FLIGHT))
    order = Order((Query("q", "Time?"),), (served,), (BUILT_IN["plain"],), SAMPLES, 64)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        answers = sample(order, Tools(AnswerJournal(Path(folder) / "answers.sqlite")))
        seconds = time.perf_counter() - start
    if not all(answer.text for answer in answers):
        raise SystemExit("the stub did not answer every time")
    return seconds


def wait() -> None:
    """Return as soon as the stub answers."""
    for _ in range(600):
        try:
            urlopen(f"http://127.0.0.1:{PORT}/", timeout=5).close()
        except URLError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the stub does not answer")


def main() -> None:
    """Print the rows of this benchmark, or be the stub."""
    if sys.argv[1:] == ["serve"]:
        serve()
        return
    command = [sys.executable, "-m", "benchmarks.sampling", "serve"]
    with subprocess.Popen(command) as stub:  # noqa: S603
        try:
            wait()
            time_bare(), time_ours()
            pairs = [(time_bare(), time_ours()) for _ in range(PAIRS)]
        finally:
            stub.terminate()
    bare, ours = (sorted(column)[PAIRS // 2] for column in zip(*pairs, strict=True))
    ratio = sorted(mine / other for other, mine in pairs)[PAIRS // 2]
    what = f"{SAMPLES:,} samples, {IN_FLIGHT} in flight, answers after 50 ms"
    print_row(what, f"{ours:.2f} s", f"bare loop {bare:.2f} s")
    print_row("  times the bare loop over the same client", f"{ratio:.2f}x", "<= 1.2x")


if __name__ == "__main__":
    main()
