"""The door for a deep link on a cold server, where Streamlit still looks for pages by file name.

It opens the frame, which then finds the page itself; without it, the visitor is told that the
page does not exist.
"""

import runpy
from pathlib import Path

runpy.run_path(str(Path(__file__).parent.parent / "app.py"))
