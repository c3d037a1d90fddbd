"""Record the live session that comes with the software: one small model, several strategies.

.venv/bin/python recipes/live/record.py data/live/recorded-session.jsonl
"""

import os
import sys
import tempfile
from pathlib import Path

from hivemind_core.corpus.answer_journal import AnswerJournal
from hivemind_core.corpus.cache import VectorCache
from hivemind_core.corpus.calibration import read_calibration
from hivemind_core.corpus.identity import make_query_id
from hivemind_core.corpus.recording import format_recording
from hivemind_core.figures.live import tell_arms, tell_arrivals
from hivemind_core.live.feeds import SampleFeed, describe_order
from hivemind_core.live.reading import Reader
from hivemind_core.live.session import Session
from hivemind_core.models.local import start_local_model
from hivemind_core.models.strategies import BUILT_IN
from hivemind_core.sampling.asking import Tools
from hivemind_core.sampling.orders import Order, Query
from hivemind_core.space.encoders import DEFAULT_ENCODER, find_encoder

QUERY = "Write a metaphor about time in one sentence."
STRATEGIES = ("plain", "hot", "persona", "random seed")
SAMPLES, TOKENS = 8, 60
PATIENCE = 1800.0


def main(path: Path) -> None:
    """Ask, wait, and write the recording."""
    with start_local_model(os.environ) as local, tempfile.TemporaryDirectory() as folder:
        order = Order(
            (Query(make_query_id(QUERY), QUERY),),
            local.models,
            tuple(BUILT_IN[name] for name in STRATEGIES),
            SAMPLES,
            TOKENS,
        )
        asked = describe_order(order)
        encoder = find_encoder(DEFAULT_ENCODER, os.environ)
        encoder.encode(["warm"])
        reader = Reader(
            asked,
            encoder,
            VectorCache(Path(folder) / "vectors.sqlite"),
            read_calibration(DEFAULT_ENCODER),
        )
        tools = Tools(AnswerJournal(Path(folder) / "answers.sqlite"))
        session = Session(asked, SampleFeed(order, tools), reader)
        if not session.wait(PATIENCE):
            sys.exit("it did not end in half an hour")
        scene = session.scene
        if scene.state != "done" or scene.fault:
            sys.exit(f"nothing is recorded: {scene.state}, {scene.fault}")
        path.write_bytes(format_recording(session.record()))
    print(scene.state, f"{scene.seconds:.0f} s", tell_arrivals(asked, scene.reading))
    if scene.reading is not None:
        print(tell_arms(scene.reading.arms))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
