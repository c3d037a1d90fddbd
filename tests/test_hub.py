"""Encoders from the hub, by the real client over real HTTP."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from hivemind_core.space.encoders import DEFAULT_ENCODER, find_encoder
from tests.hub import serve_hub
from tests.test_encode import find_packaged_model

NAME = "somebody/small-encoder"
PROGRAM = """
import sys
from hivemind_core.errors import HivemindError
from hivemind_core.space.encoders import find_encoder
try:
    print(*find_encoder(sys.argv[1], {}).encode(["hello"])[0].tolist())
except HivemindError as error:
    sys.exit(str(error))
"""


def encode_from(address: str, name: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Encode one text in a fresh process whose hub is at that address."""
    environment = {**os.environ, "HF_ENDPOINT": address, "HF_HOME": str(home)}
    environment |= {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-c", PROGRAM, name]
    return subprocess.run(
        command, check=False, env=environment, capture_output=True, text=True, timeout=300
    )


def test_a_model_of_the_hub_is_fetched_once_and_gives_its_vectors(tmp_path: Path) -> None:
    with serve_hub(NAME, find_packaged_model()) as hub:
        first = encode_from(hub.address, NAME, tmp_path)
        fetched = sum(
            request.startswith("GET") and "resolve" in request for request in hub.requests
        )
        again = encode_from(hub.address, NAME, tmp_path)
        weights = [r for r in hub.requests if r.startswith("GET") and "safetensors" in r]
    assert first.returncode == 0, first.stderr
    assert fetched >= 5
    assert len(weights) == 1
    assert again.stdout == first.stdout
    vector = np.array(first.stdout.split(), np.float32)
    assert np.allclose(vector, find_encoder(DEFAULT_ENCODER, {}).encode(["hello"])[0], atol=1e-6)


def test_a_model_that_the_hub_does_not_have_is_one_line(tmp_path: Path) -> None:
    with serve_hub(NAME, find_packaged_model()) as hub:
        done = encode_from(hub.address, "somebody/missing", tmp_path)
    assert done.returncode == 1
    assert "somebody/missing: the encoder cannot be loaded" in done.stderr.splitlines()[-1]


def test_a_model_that_was_fetched_needs_the_hub_no_more(tmp_path: Path) -> None:
    with serve_hub(NAME, find_packaged_model()) as hub:
        first = encode_from(hub.address, NAME, tmp_path)
    again = encode_from("http://127.0.0.1:9", NAME, tmp_path)
    assert again.stdout == first.stdout != ""


def test_a_hub_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    done = encode_from("http://127.0.0.1:9", NAME, tmp_path)
    assert done.returncode == 1
    assert "the encoder cannot be loaded" in done.stderr.splitlines()[-1]
