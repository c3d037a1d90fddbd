"""Start the server of the dashboard, and fetch what its first page needs while it starts.

Streamlit imports the modules of a page when the first visitor has come; here they come while the
visitor's browser still loads the frontend.
"""

import sys
from importlib import import_module
from threading import Thread

NEEDED = ("pandas", "pyarrow.parquet", "plotly.graph_objects", "hivemind_core.corpus.store")


def warm_up() -> None:
    """Import what every page draws with: nothing that computes."""
    for name in NEEDED:
        import_module(name)


def main(arguments: list[str]) -> None:
    """Run `streamlit run` with these arguments, in this process."""
    from streamlit.web.cli import main as run_streamlit

    Thread(target=warm_up, daemon=True).start()
    run_streamlit(["run", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
