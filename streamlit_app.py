"""The page's entry: `streamlit run streamlit_app.py`. Everything else is in jobs/ui."""


def main() -> None:
    """Set the page up and show the one that the address names."""
    import streamlit as st

    from jobs.ui import frame

    st.set_page_config(page_title="Fanout", page_icon=str(frame.ICON), layout="wide", menu_items=frame.MENU)
    st.logo(str(frame.LOGO), size="large")
    page = st.navigation(frame.pages(), position="top")
    with frame.sentences():
        frame.wake()
        page.run()


if __name__ == "__main__":
    main()
