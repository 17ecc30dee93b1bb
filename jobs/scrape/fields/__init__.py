"""The user's own columns: one line each, a name and what is looked for.

lines ── field_lines ── own_field ─── finders ──┬─ selectors     CSS: texts and attributes
                                       │        ├─ markdown      an element as Markdown
                        page_views ────┘        ├─ html_table    a table as rows
                        (its source, trees,     ├─ xpaths        XPath 1.0
                         text, structures)      ├─ patterns      regular expressions, in linear time
                             └── microdata      └─ data_paths    JSON-LD and microdata
"""
