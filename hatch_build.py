"""Put the dashboard and its data inside the package of a built wheel.

`hivemind app` then finds them from any folder. An editable install takes them from the checkout.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CARRIED = ("app.py", "pages", "frame", "data", ".streamlit/config.toml")


class DashboardHook(BuildHookInterface):
    """Carry the dashboard in the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files, except to an editable install."""
        if version == "standard":
            build_data["force_include"] |= {
                f"{self.root}/{name}": f"hivemind_core/dashboard/{name}" for name in CARRIED
            }
