"""The settings a run was started with, and what each is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from jobs.runtime import overview
from jobs.runtime.core.records import Run
from jobs.ui.shared import column_widths, tables


def show(run: Run) -> None:
    """A row for each setting, with its value and what it is."""
    table = tables.readable(pd.DataFrame(overview.run_settings(run), columns=["setting", "value", "what it is"]))
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        alt="The settings of the run",
        column_config=column_widths.fitted(table, {}),
    )
