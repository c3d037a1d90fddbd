"""What the documents promise exists, and nothing in the repository names one machine."""

import contextlib
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import hivemind_core
from hivemind_core import cli
from hivemind_core.cli import application
from hivemind_core.corpus.store import open_corpus

ROOT = Path(__file__).parents[1]
GUIDES = ("README.md", "CONTRIBUTING.md")
DOCUMENTS = (*GUIDES, "ARCHITECTURE.md", "CHANGELOG.md")
NOT_OURS = {"build", "dist", "node_modules", "scratch", "__pycache__"}
KEPT_HIDDEN = {".ci", ".streamlit", ".gitignore", ".pre-commit-config.yaml", ".github"}


def read_commands(text: str) -> Iterator[list[str]]:
    """Yield the words of every shell command in the code blocks of a document."""
    for language, block in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        if language not in {"sh", "bash"}:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line.removeprefix("$ "), comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            if words:
                yield words


def list_commands(program: str) -> list[tuple[str, list[str]]]:
    """Return (document, words after the program) for every use of a program in the guides."""
    return [
        (guide, words[1:])
        for guide in GUIDES
        for words in read_commands((ROOT / guide).read_text("utf-8"))
        if Path(words[0]).name == program
    ]


def find_unknown(words: list[str], command: Any) -> list[str]:
    """Return the subcommands and options among the words that a command does not know."""
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return [words[0]]
        command, words = command.commands[words[0]], words[1:]
    known = {"--help", "-h"}
    known |= {option for parameter in command.params for option in parameter.opts}
    return [word for word in words if word.startswith("-") and word.split("=")[0] not in known]


def test_commands_are_read_from_code_blocks() -> None:
    text = "```\nit's\n```\nRun `x y`.\n```sh\n# why\nKEY=1 a b \\\n  --c  # more\n```\n"
    assert list(read_commands(text)) == [["a", "b", "--c"]]


def test_an_unknown_command_or_option_is_found() -> None:
    program = typer.main.get_command(application)
    assert find_unknown(["app", "--port", "8600"], program) == []
    assert find_unknown(["app", "--prot", "8600"], program) == ["--prot"]
    assert find_unknown(["apply"], program) == ["apply"]


def test_documented_commands_exist() -> None:
    program = typer.main.get_command(application)
    used = list_commands("hivemind")
    assert {words[0] for _, words in used} >= {"app", "import", "build", "measure", "check"}
    unknown = [(guide, find_unknown(words, program)) for guide, words in used]
    assert not [case for case in unknown if case[1]]


def test_the_worked_example_can_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = re.search(r"```json\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert example
    (tmp_path / "answers.jsonl").write_text(example[1], "utf-8")
    used = [words for _, words in list_commands("hivemind") if words[:2] == ["import", "files"]]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["hivemind", *used[0]])
    with contextlib.suppress(SystemExit):  # typer ends every command with one
        cli.main()
    assert open_corpus("my-corpus").manifest.rows["responses"] == len(example[1].splitlines())


def test_documented_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    used = {word for _, words in list_commands("make") for word in words if "=" not in word}
    assert used >= {"run", "test", "check", "bench"}
    assert used <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_relative_links_resolve(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)|\bsrc(?:set)?=\"([^\"]+)\"", text)
    places = [link or picture for link, picture in links]
    local = [place.split("#")[0] for place in places if not re.match(r"https?:|#", place)]
    assert not [place for place in local if not (ROOT / place).exists()]


def list_texts() -> dict[str, str]:
    """Return the content of every text file of the repository by its path."""
    paths = [path for path in ROOT.rglob("*") if path.is_file() and _is_ours(path)]
    texts = {}
    for path in paths:
        content = path.read_bytes()
        if b"\0" not in content:
            texts[path.relative_to(ROOT).as_posix()] = content.decode("utf-8")
    return texts


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    hidden = [part for part in parts if part.startswith(".") and part not in KEPT_HIDDEN]
    return not hidden and not NOT_OURS & set(parts)


def test_only_the_ci_run_looks_outside_the_checkout() -> None:
    outside = ".." + "/shared"
    texts = list_texts()
    assert {"README.md", ".ci/run", "hivemind_core/cli.py"} <= texts.keys()
    assert [path for path, text in texts.items() if outside in text] == [".ci/run"]


def test_no_file_names_a_folder_of_one_machine() -> None:
    machine = re.compile(r"(?<![\w./~-])/(?:work|root|home/\w+|Users/\w+)(?![\w-])")
    assert machine.search("see /" + "work/main")
    assert not machine.search("hivemind/work, ~/work and ./work")
    assert not [path for path, text in list_texts().items() if machine.search(text)]


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == hivemind_core.__version__
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## {re.escape(project['version'])}\b", changes, re.MULTILINE)


def test_every_requirement_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    pinned = re.findall(
        r"^([\w.-]+)==[\w.]+$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE
    )
    names = {_normalise(re.split(r"[<>=\[]", requirement)[0]) for requirement in needed}
    assert len(names) > 20
    assert names <= set(map(_normalise, pinned))


def test_every_pin_is_exact() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert not [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)]


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
