"""What colour and symbol a source has: the same on every page, in light and in dark.

Hues are those of Okabe and Ito, which people with colour-blindness tell apart. A hue stands for a
family of models; sources of one family differ in lightness and in symbol. People are always the
same neutral open diamond.
"""

import colorsys
import re
from collections.abc import Iterable
from dataclasses import dataclass

from hivemind_core.corpus.identity import Source

VERMILION, BLUE, GREEN, PURPLE = "#D55E00", "#0072B2", "#009E73", "#CC79A7"
ORANGE, SKY, YELLOW = "#E69F00", "#56B4E9", "#F0E442"
HUES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, YELLOW)

# The first family whose pattern a model's name matches is its own; it gets this hue where free.
FAMILIES = (
    ("gpt", r"gpt|chatgpt|davinci|\bo[1-9]\b", VERMILION),
    ("gemini", r"gemini|gemma|palm", BLUE),
    ("claude", r"claude", PURPLE),
    ("olmo", r"olmo|tulu|tülu", GREEN),
    ("llama", r"llama|vicuna|alpaca", SKY),
    ("mistral", r"mistral|mixtral|ministral|magistral", ORANGE),
    ("qwen", r"qwen|qwq", YELLOW),
    ("deepseek", r"deepseek", PURPLE),
    ("phi", r"\bphi", GREEN),
    ("smollm", r"smollm", ORANGE),
)
SYMBOLS = ("circle", "square", "triangle-up", "triangle-down", "pentagon", "hexagram", "cross")
HUMAN_SYMBOL = "diamond-open"
CLUSTERS_WITH_HUE = len(HUES)


@dataclass(frozen=True)
class Ink:
    """A colour (#rrggbb) and a Plotly marker symbol."""

    color: str
    symbol: str = "circle"


@dataclass(frozen=True)
class Ground:
    """What figures are drawn on: the colours that a theme gives them."""

    paper: str
    ink: str
    line: str
    muted: str
    accent: str
    lightness: tuple[float, float]


LIGHT = Ground("#FDFCFA", "#1C1917", "#E7E2D9", "#78716C", "#B45309", (0.28, 0.62))
DARK = Ground("#171412", "#EDE8E1", "#37302B", "#A8A29E", "#F59E0B", (0.42, 0.80))


def choose_ground(*, dark: bool) -> Ground:
    """Return the colours of the dark or of the light theme."""
    return DARK if dark else LIGHT


def find_family(model: str) -> str:
    """Return the family a model's name belongs to; an unknown one is its first word.

    `Llama-3.1-8B` and `llama-3-70b` are both "llama"; `acme-1` is "acme".
    """
    name = model.casefold()
    for family, pattern, _ in FAMILIES:
        if re.search(pattern, name):
            return family
    return re.split(r"[\W\d_]+", name.rsplit("/", 1)[-1], maxsplit=1)[0] or name


def assign_inks(sources: Iterable[Source], ground: Ground) -> dict[str, Ink]:
    """Return the ink of every source, by name.

    Give all the sources of a corpus, whatever of them is shown: a colour then never depends on
    what happens to be on the page.
    """
    known = sorted(set(sources), key=lambda source: (source.name, source.strategy or ""))
    families: dict[str, list[str]] = {}
    inks = {}
    for source in known:
        if source.is_model and source.model is not None:
            families.setdefault(find_family(source.model), []).append(source.name)
        else:
            inks[source.name] = Ink(ground.muted, HUMAN_SYMBOL if source.is_human else "x-thin")
    hues = _assign_hues(sorted(families))
    for turn, (family, names) in enumerate(families.items()):
        inks |= _shade(hues[family], sorted(set(names)), ground, turn // len(HUES))
    return inks


def _assign_hues(families: list[str]) -> dict[str, str]:
    """Return a hue for every family: the one it is known by, else the next that is free."""
    wishes = {family: hue for family, _, hue in FAMILIES}
    hues: dict[str, str] = {}
    for family in families:
        wish = wishes.get(family)
        if wish is not None and wish not in hues.values():
            hues[family] = wish
    for number, family in enumerate(families):
        free = [hue for hue in HUES if hue not in hues.values()]
        hues.setdefault(family, free[0] if free else HUES[number % len(HUES)])
    return hues


def _shade(hue: str, names: list[str], ground: Ground, shift: int) -> dict[str, Ink]:
    """Return inks of one hue, spread over the lightness that the ground bears."""
    low, high = ground.lightness
    if len(names) == 1:
        levels = [min(max(_lightness(hue), low), high - 0.1)]
    else:
        levels = [low + 0.04 + (high - low) * i / (len(names) - 1) for i in range(len(names))]
    return {
        name: Ink(_relight(hue, level), SYMBOLS[(number + shift) % len(SYMBOLS)])
        for number, (name, level) in enumerate(zip(names, levels, strict=True))
    }


def ink_cluster(cluster: int, ground: Ground) -> Ink:
    """Return the ink of a cluster: a hue for the seven largest, a neutral for the rest.

    Noise (-1) is a small open circle.
    """
    if cluster < 0:
        return Ink(ground.muted, "circle-open")
    if cluster >= CLUSTERS_WITH_HUE:
        return Ink(ground.muted, SYMBOLS[1 + cluster % (len(SYMBOLS) - 1)])
    low, high = ground.lightness
    hue = HUES[cluster]
    return Ink(_relight(hue, min(max(_lightness(hue), low), high - 0.1)))


def fade(color: str, opacity: float) -> str:
    """Return #rrggbb with an opacity, as Plotly writes it."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def _split(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


def _lightness(color: str) -> float:
    return colorsys.rgb_to_hls(*_split(color))[1]


def _relight(color: str, lightness: float) -> str:
    """Return the colour with another HLS lightness."""
    hue, _, saturation = colorsys.rgb_to_hls(*_split(color))
    parts = colorsys.hls_to_rgb(hue, lightness, min(saturation, 0.9))
    return "#" + "".join(f"{round(255 * part):02X}" for part in parts)
