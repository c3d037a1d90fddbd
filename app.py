"""The frame of the dashboard: page setup, corpus picker, navigation."""

import streamlit as st

st.set_page_config(page_title="Hivemind Atlas", layout="wide")
overview = st.Page("pages/overview_page.py", title="Overview", url_path="overview")
atlas = st.Page("pages/atlas_page.py", title="Atlas", url_path="atlas")
homogeneity = st.Page("pages/homogeneity_page.py", title="Homogeneity", url_path="homogeneity")
taxonomy = st.Page("pages/taxonomy_page.py", title="Taxonomy", url_path="taxonomy")
calibration = st.Page("pages/calibration_page.py", title="Calibration", url_path="calibration")
live = st.Page("pages/live_page.py", title="Live", url_path="live")


def open_overview() -> None:
    """Send the root on to the overview, whose own address can then be shared."""
    st.switch_page(overview, query_params=st.query_params.to_dict())


root = st.Page(open_overview, title="Start", url_path="start", default=True, visibility="hidden")
page = st.navigation([root, overview, taxonomy, atlas, homogeneity, calibration, live])

from frame import address  # noqa: E402 - navigation comes before anything heavy
from frame.picker import pick_corpus  # noqa: E402
from frame.theme import apply_style  # noqa: E402

address.enter_page(page.url_path)
if page != root:
    apply_style()
    pick_corpus()
page.run()
address.leave_page()
