"""Put the dashboard and its data inside the package of a built wheel.

`hivemind app` then finds them from any folder. An editable install takes them from the checkout.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIED = ("app.py", "pages", "frame", "data", "static", ".streamlit/config.toml")


class DashboardHook(BuildHookInterface):
    """Carry the dashboard in the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files, except to an editable install."""
        if version == "standard":
            root = Path(self.root)
            build_data["force_include"] |= {
                str(path): f"hivemind_core/dashboard/{path.relative_to(root).as_posix()}"
                for name in CARRIED
                for path in list_files(root / name)
            }


def list_files(place: Path) -> Iterator[Path]:
    """Yield a file, or those in a folder that are neither hidden, such as locks, nor compiled."""
    if not place.is_dir():
        yield place
        return
    for path in sorted(place.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(place).parts)
        if path.is_file() and not hidden and path.suffix != ".pyc":
            yield path
