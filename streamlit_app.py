"""The page's entry, in two parts: the script of each rerun, and the application that `streamlit run` serves around it.

Everything else is in jobs/ui; `fanout`, `make run` and `streamlit run streamlit_app.py` all come here.
"""

import streamlit as st


def main() -> None:
    """Set the page up and show the one that the address names."""
    st.set_page_config(layout="wide")  # before anything is loaded: what stands narrow first would move
    from jobs.runtime.core import notices
    from jobs.ui.shared import page_frame, page_script, sign_in

    notices.listen(page_frame.notify)
    st.set_page_config(page_title="Fanout", page_icon=str(page_frame.ICON), layout="wide", menu_items=page_frame.MENU)
    st.logo(str(page_frame.LOGO), size="large")
    page = st.navigation(page_frame.pages(), position="top")
    page_frame.note(page)
    with page_frame.sentences():
        if sign_in.is_open(page.url_path):
            sign_in.who_is_here()
            page_frame.wake()
            page.run()
    page_script.support()


if __name__ == "__main__":
    main()
else:
    from jobs.ui import server

    app = st.App(__file__, **server.parts_of_app())
