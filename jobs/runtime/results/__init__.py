"""The result table and the formats it is written in, piece by piece.

The rooms:

    table        the columns of a run's result, in order, and the rows of a window of items
    writers      what every format offers: write rows, close, give up
    delimited    CSV, harmless to spreadsheets unless asked to be raw
    workbook     XLSX
    parquet      Parquet
    jsonlines    JSON Lines
    frames       a pandas frame
    archive      the files of a run as one ZIP
"""
