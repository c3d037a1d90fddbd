"""The frame of the dashboard: page setup, corpus picker, navigation, and what can be pinned."""

import streamlit as st

st.set_page_config(
    page_title="Hivemind Atlas",
    layout="wide",
    initial_sidebar_state="collapsed" if st.context.is_embedded else "auto",
)
overview = st.Page("pages/overview_page.py", title="Overview", url_path="overview")
atlas = st.Page("pages/atlas_page.py", title="Atlas", url_path="atlas")
homogeneity = st.Page("pages/homogeneity_page.py", title="Homogeneity", url_path="homogeneity")
taxonomy = st.Page("pages/taxonomy_page.py", title="Taxonomy", url_path="taxonomy")
calibration = st.Page("pages/calibration_page.py", title="Calibration", url_path="calibration")
live = st.Page("pages/live_page.py", title="Live", url_path="live")
talk = st.Page("pages/talk_page.py", title="Talk", url_path="talk")


pages = [overview, taxonomy, atlas, homogeneity, calibration, live, talk]


def open_first() -> None:
    """Send the root on to the page that a visit is for, by default the overview.

    Its own address can then be shared.
    """
    wanted = st.session_state.get("visited", overview.url_path)
    first = next((one for one in pages if one.url_path == wanted), overview)
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    st.switch_page(first, query_params=given)


root = st.Page(open_first, title="Start", url_path="start", default=True, visibility="hidden")
page = st.navigation([root, *pages])

from frame import address, exhibits  # noqa: E402 - navigation comes before anything heavy
from frame.picker import pick_corpus  # noqa: E402
from frame.pinning import offer_pin  # noqa: E402
from frame.theme import apply_style  # noqa: E402

address.enter_page(page.url_path)
exhibits.open_record()
if page != root:
    apply_style()
    pick_corpus()
page.run()
address.leave_page()
offer_pin()
