"""The frame of the dashboard: page setup, corpus picker, navigation."""

import streamlit as st

st.set_page_config(page_title="Hivemind Atlas", layout="wide")
page = st.navigation(
    [
        st.Page("pages/overview_page.py", title="Overview", url_path="overview", default=True),
        st.Page("pages/atlas_page.py", title="Atlas", url_path="atlas"),
    ]
)

from frame.picker import pick_corpus  # noqa: E402 - navigation comes before anything heavy
from frame.theme import apply_style  # noqa: E402

apply_style()
pick_corpus()
page.run()
