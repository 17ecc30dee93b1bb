"""What a page says, as columns.

reader ─┬─ lxml_reader ──┬─ raw_facts ── facts ─┬─ article_facts   author, date, excerpt …
        ├─ soup_reader ──┤                      ├─ json_ld         the objects of JSON-LD
        │                └─ marked_elements     ├─ indexability    may it be listed, and why not
        │                                       └─ refresh         where it sends on
        ├─ added_facts       columns for those who ask: main_content, language, contacts, seo_facts, anchor
        ├─ page_columns      the columns, and the parts of a page they need
        └─ links, text_stats, text, attribute_limit, element_budget, paragraph_classes
"""
