"""Any file, read as a grid of text: what it is by its content, and its lines as cells.

The rooms, from bytes to items:

    sources      bytes or a path, unpacked from gzip, opened as often as needed
    contents     what the bytes are, whatever the name says
    charsets     bytes -> text: the encoding, found or guessed
    guesses      which of the old encodings it is, by what reads like words
    delimiters   which sign parts the cells of a text
    delimited    text -> cells: the quotes, and errors with their line
    workbooks    an Excel workbook -> cells, checked against bombs before it is opened
    sitemaps     a sitemap -> cells, without entities or network
    grids        the one door: a source -> a grid, by content
    grid         the record that all formats are read into
    layouts      a grid's first lines -> where its rows begin, and its columns
    headers      which line is the header
    choice       which column holds the items, and why
    wanted       what is looked for: the kind of item, and its usual headings
    survey       one pass over the rows: counts, and cells that cannot be items
    preflight    the report itself
    typed        text typed or pasted -> cells, without a table
"""
