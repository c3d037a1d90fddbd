"""The rules of ARCHITECTURE.md, held against the source of every module."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BASE = {"errors", "progress"}
STAGES = {"space", "measures", "models"}
NUMBERED = {"measurement", "estimation", "tabulation", "summary", "robustness", "comparison"}
NUMBERED |= {"evaluation", "calibration", "simulation", "scoring", "sampling"}
SHOWN = {"exhibit", "deck", "export", "report"}
CORE = BASE | STAGES | NUMBERED | SHOWN | {"corpus", "parallel", "build", "figures", "live"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "progress": {"errors"},
    "corpus": BASE,
    "space": BASE | {"corpus"},
    "measures": BASE | {"corpus"},
    "models": BASE | {"corpus"},
    "figures": BASE | {"corpus", "evaluation", "calibration", "live"} | STAGES,
    "measurement": BASE | {"corpus"} | STAGES,
    "estimation": BASE | {"measures", "measurement"},
    "tabulation": BASE | {"corpus", "measures", "measurement"},
    "summary": BASE | {"measures", "measurement", "estimation"},
    "robustness": BASE | {"measures", "measurement", "estimation"},
    "evaluation": BASE | {"corpus", "measures"},
    "calibration": BASE | {"measures", "evaluation"},
    "simulation": BASE | {"measures", "evaluation"},
    "sampling": BASE | {"corpus", "models"},
    "scoring": BASE | {"corpus", "models"},
    "comparison": BASE | {"corpus", "measures", "measurement", "estimation"},
    "parallel": BASE | {"corpus"},
    "build": BASE | {"corpus"} | STAGES | {"parallel", "measurement", "summary", "tabulation"},
    "live": BASE | STAGES | {"corpus", "measurement", "sampling"},
    "exhibit": BASE | {"corpus", "figures"},
    "deck": BASE | {"corpus", "exhibit"},
    "export": BASE | {"corpus", "figures", "exhibit", "deck"},
    # A report counts what the pages leave to frame: shares of queries, trees, groups.
    "report": BASE | NUMBERED | {"corpus", "figures", "measures", "space", "exhibit", "export"},
    "commands": CORE | {"frame"},
    "cli": BASE | {"commands"},
    "frame": CORE,
    "pages": CORE | {"frame"},
    "app": CORE | {"frame", "pages"},
}
"""Room to the rooms it may import; a room may always import itself."""

NETWORK = {"aiohttp", "http", "httpx", "httpx2", "huggingface_hub", "openai", "pooch", "requests"}
NETWORK |= {"urllib3", "urllib.request"}
MAY_REACH_OUT = {
    "hivemind_core/corpus/download.py",
    "hivemind_core/corpus/infinity_files.py",
    "hivemind_core/corpus/weights.py",
    "hivemind_core/corpus/novelty_bench.py",
    "hivemind_core/space/encoders.py",
}
DISK = {"fsspec", "io", "os", "pathlib", "pyarrow.parquet", "shutil", "sqlite3", "tempfile"}
NUMBERS = {"numpy", "scipy", "sklearn"}
HEAVY = {"hdbscan", "numba", "sklearn", "streamlit", "torch", "transformers", "umap"}


@dataclass(frozen=True)
class Module:
    """A parsed source file."""

    path: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The part of the house that it belongs to."""
        parts = Path(self.path).with_suffix("").parts
        return parts[min(1, len(parts) - 1)] if parts[0] == "hivemind_core" else parts[0]

    @property
    def imports(self) -> set[str]:
        """Full names of all that it imports, wherever in the file."""
        return {name for node in ast.walk(self.tree) for name in _read_import(node)}

    @property
    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def uses(self, names: set[str]) -> set[str]:
        """Return which of these packages or modules it imports."""
        return {n for n in names for i in self.imports if i == n or i.startswith(f"{n}.")}


def _read_import(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"a relative import on line {node.lineno}"
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


@cache
def read_modules(*tops: str) -> tuple[Module, ...]:
    """Parse the modules under these folders or files of the checkout."""
    found = [path for top in tops for path in _list_sources(ROOT / top)]
    return tuple(
        Module(path.relative_to(ROOT).as_posix(), ast.parse(path.read_bytes(), path))
        for path in found
    )


def _list_sources(top: Path) -> list[Path]:
    return [top] if top.is_file() else sorted(top.rglob("*.py"))


def all_modules() -> tuple[Module, ...]:
    return read_modules("app.py", "pages", "frame", "hivemind_core")


def core_modules() -> tuple[Module, ...]:
    return read_modules("hivemind_core")


def all_written() -> tuple[Module, ...]:
    return (*all_modules(), *read_modules("benchmarks", "recipes"))


def find_rooms(imported: str) -> set[str]:
    """Return the room that an imported name lies in, or nothing for other packages."""
    parts = imported.split(".")
    if parts[0] == "hivemind_core":
        return {parts[1]} & MAY_IMPORT.keys() if len(parts) > 1 else set()
    return {parts[0]} & {"frame", "pages", "app"}


def test_every_module_belongs_to_a_room() -> None:
    rooms = {module.room for module in all_modules()}
    assert rooms - {"__init__"} == set(MAY_IMPORT)


def test_the_rules_see_an_import_that_breaks_them() -> None:
    source = "def f():\n    from hivemind_core.space import encode\n    import urllib.request\n"
    module = Module("hivemind_core/measures/planted.py", ast.parse(source))
    assert module.room == "measures"
    assert module.imports == {"hivemind_core.space.encode", "urllib.request"}
    assert {room for name in module.imports for room in find_rooms(name)} == {"space"}
    assert module.uses(NETWORK) == {"urllib.request"}
    assert not module.uses({"urllib.parse", "hivemind"})


@pytest.mark.parametrize("room", sorted(MAY_IMPORT))
def test_imports_go_one_way(room: str) -> None:
    modules = [module for module in all_modules() if module.room == room]
    wrong = {
        f"{module.path} imports {name}"
        for module in modules
        for name in module.imports
        if find_rooms(name) - MAY_IMPORT[room] - {room}
    }
    assert modules
    assert not wrong


def test_the_order_of_rooms_has_no_circle() -> None:
    for room, allowed in MAY_IMPORT.items():
        assert all(room not in MAY_IMPORT[other] for other in allowed), room


def test_no_streamlit_in_the_core() -> None:
    assert not [module.path for module in core_modules() if module.uses({"streamlit"})]


def test_network_is_reached_from_few_places() -> None:
    wrong = {
        f"{module.path} imports {name}"
        for module in all_modules()
        if module.room != "models" and module.path not in MAY_REACH_OUT
        for name in module.uses(NETWORK)
    }
    assert not wrong


def test_measures_and_figures_touch_neither_disk_nor_network() -> None:
    methods = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "to_parquet"}
    modules = [module for module in core_modules() if module.room in {"measures", "figures"}]
    wrong = {f"{m.path} imports {name}" for m in modules for name in m.uses(DISK | NETWORK)}
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and _called(node) in methods:
                wrong.add(f"{module.path}:{node.lineno} calls {_called(node)}")
    assert len(modules) > 2
    assert not wrong


def _called(call: ast.Call) -> str:
    target = call.func
    return target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")


def test_pages_compute_nothing() -> None:
    pages = read_modules("pages")
    assert pages
    assert not {f"{page.path} imports {name}" for page in pages for name in page.uses(NUMBERS)}


def test_nothing_renders_raw_html() -> None:
    argument = "unsafe_allow_html"
    wrong = {
        f"{module.path}:{node.value.lineno}"
        for module in all_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.keyword) and node.arg == argument
    }
    assert not wrong


def test_functions_are_short() -> None:
    lengths = {f"{m.path}:{f.name}": _count_lines(f) for m in all_written() for f in m.functions}
    assert len(lengths) > 50
    assert not {name: length for name, length in lengths.items() if length > 60}


def _count_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function, its docstring apart."""
    first = function.body[0]
    written = ast.get_docstring(function, clean=False) is not None
    docstring = first.end_lineno - first.lineno + 1 if written and first.end_lineno else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def test_functions_take_few_parameters() -> None:
    counts = {
        f"{module.path}:{function.name}": _count_parameters(function.args)
        for module in all_written()
        if module.room != "commands"  # their parameters are their options
        for function in module.functions
    }
    assert max(counts.values()) > 1
    assert not {name: count for name, count in counts.items() if count > 6}


def _count_parameters(arguments: ast.arguments) -> int:
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return len([argument for argument in given if argument.arg not in {"self", "cls"}])


def test_public_functions_say_what_they_are() -> None:
    silent = {
        f"{module.path}:{node.name}"
        for module in all_modules()
        for node in _list_public(module.tree)
        if ast.get_docstring(node) is None and not _is_property(node)
    }
    assert not silent


def _is_property(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    """Whether it is an attribute, which the docstring of its class describes."""
    return any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list)


def _list_public(
    scope: ast.Module | ast.ClassDef,
) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    for node in scope.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        if not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _list_public(node)


def test_no_module_is_a_drawer() -> None:
    drawers = {"common", "helper", "helpers", "misc", "util", "utils"}
    names = {module.path: set(Path(module.path).with_suffix("").parts) for module in all_written()}
    assert not {path for path, parts in names.items() if parts & drawers}


@pytest.mark.parametrize("name", ["hivemind_core", "hivemind_core.cli"])
def test_importing_is_light(name: str) -> None:
    program = f"import sys, {name}; print(*sorted({HEAVY!r} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == []
