"""A job: what its author writes, and what the machine reads from it.

decorator      @job: what is said of a function; it returns the function unchanged
definition     the record that is read from a module: item, params, columns, hooks
annotations    columns, types and help, from annotations
item_kinds     how a cell becomes an item: URL, whole number, number, text
items          one cell as one item, within its limits
hook_call      a hook called where nothing could be killed: in time, and its errors in words
value_limits   the limits of an item, or of a field of one (loaded only where there are some)
row_fields     an item that is a row: its fields, each read from a cell of its own
record_types   rows as classes: dataclasses, models, NamedTuples
params         the keyword options of a run: what is stored, and what the function gets
param_forms    one param as a run stores it, and its value again
param_reader   one param read by pydantic (loaded only where there are some)
param_fields   what an annotation says of a param's field
form_fields    a param as a field of a form, or an option of the command line
context        what a job's function may ask and tell while it performs an item
offload        a few threads that compute for the many that wait
apart          a process that computes for an item, within limits (apart_main: what runs in it)
"""
