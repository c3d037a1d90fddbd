"""What colour and symbol a source has: the same on every page, in light and in dark.

Hues are those of Okabe and Ito, which people with colour-blindness tell apart. A hue stands for a
family of models and for the symbol of its first; sources of one family differ in lightness and in
symbol. People are always the same neutral open diamond.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hivemind_core.corpus.identity import Source

VERMILION, BLUE, GREEN, PURPLE = "#D55E00", "#0072B2", "#009E73", "#CC79A7"
ORANGE, SKY = "#E69F00", "#56B4E9"
YELLOW = "#C9B900"  # theirs is #F0E442, which white paper swallows
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
NAMELESS = {"", "agent", "ai", "baseline", "llm", "lm", "m", "model", "system"}  # no family's name
SYMBOLS = ("circle", "square", "triangle-up", "triangle-down", "pentagon", "hexagram", "cross")
HUMAN_SYMBOL = "diamond-open"
WITHHELD_SYMBOL = "x"
CLUSTERS_WITH_HUE = len(HUES)
READABLE = 4.5  # contrast that WCAG 2 asks of letters
NEUTRAL = "#8C857F"  # seen on both grounds


@dataclass(frozen=True)
class Ink:
    """A colour (#rrggbb) and a Plotly marker symbol."""

    color: str
    symbol: str = "circle"


@dataclass(frozen=True)
class Ground:
    """What figures are drawn on: the colours that a theme gives them.

    `tint` is how much white a lone hue takes here, `tints` what the sources of one family range
    over, from the darkest (negative: black) to the lightest. `ramp` is what numbers range over:
    its lightness only rises or only falls, so that colour-blindness leaves the order, and the low
    end, nearest to the paper, stays visible on it.
    """

    paper: str
    ink: str
    line: str
    muted: str
    accent: str
    tint: float
    tints: tuple[float, float]
    ramp: tuple[str, ...]


LIGHT = Ground(
    "#FDFCFA",
    "#1C1917",
    "#E7E2D9",
    "#78716C",
    "#B45309",
    0.0,
    (-0.3, 0.45),
    ("#E0A24E", "#CC7440", "#A94A45", "#7A2E4C", "#491E47", "#1E1233"),
)
DARK = Ground(
    "#171412",
    "#EDE8E1",
    "#37302B",
    "#A8A29E",
    "#F59E0B",
    0.15,
    (0.0, 0.65),
    ("#7A4A78", "#A4527A", "#CB626A", "#E6855A", "#F3B266", "#FBE3A6"),
)


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
    first = re.split(r"[\W\d_]+", name.rsplit("/", 1)[-1], maxsplit=1)[0]
    return name if first in NAMELESS else first


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
            inks[source.name] = Ink(
                ground.muted, HUMAN_SYMBOL if source.is_human else WITHHELD_SYMBOL
            )
    hues = _assign_hues(sorted(families))
    taken: set[Ink] = set()
    for family, names in families.items():
        shades = _shade(hues[family], sorted(set(names)), ground, taken)
        inks |= shades
        taken |= set(shades.values())
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


def ink_families(sources: Iterable[Source], ground: Ground) -> dict[str, Ink]:
    """Return the ink of every family of models, by name: its hue, and a symbol of its own.

    Give all the sources of a corpus, as for `assign_inks`.
    """
    models = (source.model for source in sources if source.is_model)
    families = sorted({find_family(model) for model in models if model is not None})
    hues = _assign_hues(families)
    return _tell_apart({family: hues[family] for family in families}, ground)


def ink_strategies(sources: Iterable[Source], ground: Ground) -> dict[str, Ink]:
    """Return the ink of every strategy that models were asked with, by name.

    Give all the sources of a corpus, as for `assign_inks`.
    """
    found = {s.strategy for s in sources if s.strategy is not None and not s.is_human}
    return _tell_apart({name: HUES[i % len(HUES)] for i, name in enumerate(sorted(found))}, ground)


def _tell_apart(hues: dict[str, str], ground: Ground) -> dict[str, Ink]:
    """Return one ink a name, of its hue."""
    taken: set[Ink] = set()
    inks: dict[str, Ink] = {}
    for name, hue in hues.items():
        inks |= _shade(hue, [name], ground, taken)
        taken.add(inks[name])
    return inks


def _shade(hue: str, names: list[str], ground: Ground, taken: set[Ink]) -> dict[str, Ink]:
    """Return inks of one hue: as it is for one name, else from its shade to its tint.

    Symbols begin with one that no other hue begins with, and go round to avoid what is taken.
    """
    dark, light = ground.tints
    steps = np.linspace(dark, light, len(names)) if len(names) > 1 else [ground.tint]
    inks = {}
    for turn, (name, step) in enumerate(zip(names, steps, strict=True), HUES.index(hue)):
        color = tint(hue, float(step))
        around = [Ink(color, (SYMBOLS * 2)[turn % len(SYMBOLS) + i]) for i in range(len(SYMBOLS))]
        inks[name] = next((ink for ink in around if ink not in taken), around[0])
    return inks


def ink_cluster(cluster: int, ground: Ground) -> Ink:
    """Return the ink of a cluster: a hue and a symbol for the first seven, else a neutral.

    Noise (-1) is a small open circle.
    """
    if cluster < 0:
        return Ink(ground.muted, "circle-open")
    if cluster >= CLUSTERS_WITH_HUE:
        return Ink(ground.muted)
    return Ink(tint(HUES[cluster], ground.tint), SYMBOLS[cluster])


def tint(color: str, share: float) -> str:
    """Return #rrggbb mixed with white by a share of 0 to 1, or with black by one of -1 to 0."""
    return mix(color, "#FFFFFF" if share > 0 else "#000000", abs(share))


def mix(color: str, other: str, share: float) -> str:
    """Return #rrggbb mixed with another by a share of 0 to 1."""
    pairs = zip(_read_parts(color), _read_parts(other), strict=True)
    mixed = (round(part + (target - part) * share) for part, target in pairs)
    return "#" + "".join(f"{part:02X}" for part in mixed)


def shade(share: float, ground: Ground) -> str:
    """Return the colour (#rrggbb) at a share of 0 to 1 of the ground's ramp."""
    place = float(np.clip(share, 0, 1)) * (len(ground.ramp) - 1)
    start = min(int(place), len(ground.ramp) - 2)
    return mix(ground.ramp[start], ground.ramp[start + 1], place - start)


def choose_readable(color: str, inks: Iterable[str]) -> str:
    """Return whichever of these inks is told apart best from a colour; all are #rrggbb."""
    return max(inks, key=lambda ink: measure_contrast(ink, color))


def ink_text(color: str, ground: Ground) -> str:
    """Return a colour (#rrggbb) as letters of it can be read on a ground: nearer to its ink."""
    steps = (mix(color, ground.ink, share) for share in np.linspace(0, 1, 21).tolist())
    readable = (each for each in steps if measure_contrast(each, ground.paper) >= READABLE)
    return next(readable, ground.ink)


def measure_contrast(color: str, other: str) -> float:
    """Return the contrast of two colours (#rrggbb) as WCAG 2 defines it, in [1, 21]."""
    dark, light = sorted(_measure_luminance(each) for each in (color, other))
    return (light + 0.05) / (dark + 0.05)


def _measure_luminance(color: str) -> float:
    parts = np.array(_read_parts(color)) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def _read_parts(color: str) -> tuple[int, int, int]:
    """Return red, green and blue of #rrggbb."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def fade(color: str, opacity: float) -> str:
    """Return #rrggbb with an opacity, as Plotly writes it."""
    red, green, blue = _read_parts(color)
    return f"rgba({red},{green},{blue},{opacity:g})"
