"""How the page is served: one way for `fanout`, `make run` and `streamlit run streamlit_app.py`.

    fanout page ── start ── streamlit run ── streamlit_app.py ─┬─ gate       who may ask, and what every answer says
                                                               │  └─ jobs.runtime.api   what programs ask
                                                               ├─ disk_file  downloads that lie on the disk
                                                               │  └─ addresses   of the pages, and no page elsewhere
                                                               ├─ page_style in each page, from the first thing drawn
                                                               │  └─ preloads    and what the browser fetches meanwhile
                                                               ├─ signed_in  who sits before the page
                                                               │  └─ peer     and where that is told from
                                                               └─ browser    opened once it listens
                                                                  └─ warm_up     what its first page needs

A page is reached through here alone, and none is imported: the command line starts the server without them.
"""

from jobs.ui.server.gate import parts_of_app
from jobs.ui.server.start import serve

__all__ = ["parts_of_app", "serve"]
