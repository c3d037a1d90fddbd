"""A program of its own: serves one GGUF file by the OpenAI protocol, and ends with its parent.

Run by path and not as a module, since it needs nothing of this package. Standard input brings one
line of JSON that says what to serve, and stays open: where it ends, so does the server. Standard
output gives one line of JSON with the address once the model answers. Everything else is log.
"""

import json
import os
import signal
import sys
import threading
from typing import Any

SAMPLERS = "temperature;top_p;min_p"
"""llama.cpp would cut first and heat afterwards; the paper's corpora were heated first."""
ERRORS = 1  # what is logged: the levels above it would repeat prompts
WATCH_SECONDS = 1.0
MOST_THREADS = 4


def main() -> None:
    """Serve what standard input asks for until nobody needs it any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this
    told = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_input, daemon=True).start()
    report = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever llama.cpp prints is no report
    try:
        server = _serve(told)
    except Exception as error:  # whatever llama.cpp's own parts raise; it goes into the log
        raise SystemExit(f"{type(error).__name__}: {error}") from None
    print(json.dumps({"address": server.listening_address}), file=report, flush=True)
    # The pipe tells of the parent's end at once, unless a process that it forked holds it open.
    while os.getppid() == told["parent"]:
        threading.Event().wait(WATCH_SECONDS)
    os._exit(0)


def _end_with_input() -> None:
    # Not through sys.stdin: a thread that waits inside it turns every other end into a crash.
    while os.read(0, 1024):
        pass
    os._exit(0)


def _serve(told: dict[str, Any]) -> Any:  # noqa: ANN401 - xllamacpp is not typed
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = told["path"]
    params.model_alias = {told["model"]}
    params.chat_template = told["chat_template"]
    params.antiprompt = told["stop"]
    params.n_parallel = told["slots"]
    params.n_ctx = told["slots"] * told["context"]
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = _count_threads()
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.api_keys = [told["api_key"]]
    params.ui = params.endpoint_slots = False
    params.cache_ram_mib = 0
    params.verbosity = ERRORS
    sampling = params.sampling
    sampling.samplers = SAMPLERS
    sampling.top_k, sampling.min_p = 0, 0.0
    return xllamacpp.Server(params)


def _count_threads() -> int:
    """Return half the cores, as other work needs some.

    Threads wait for each other at every layer, and one that has no core to itself holds all up:
    on two busy cores, one thread is several times as fast as two.
    """
    return max(1, min(MOST_THREADS, (os.cpu_count() or 1) // 2))


if __name__ == "__main__":
    main()
