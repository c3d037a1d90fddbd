"""Start the server of the dashboard, and fetch what its first page needs while it starts.

Streamlit imports the modules of a page when the first visitor has come; here they come while the
visitor's browser still loads the frontend.
"""

import sys
from importlib import import_module
from pathlib import Path
from threading import Thread

NEEDED = ("pandas", "pyarrow.parquet", "plotly.graph_objects", "frame.welcome", "frame.answers")


def warm_up() -> None:
    """Import what the pages draw with: nothing that computes."""
    for name in NEEDED:
        import_module(name)


def main(arguments: list[str]) -> None:
    """Run `streamlit run` with these arguments, in this process."""
    from streamlit.web.cli import main as run_streamlit

    sys.path.insert(0, str(Path(__file__).parent.parent))  # as Streamlit will for the script
    Thread(target=warm_up, daemon=True).start()
    run_streamlit(["run", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
