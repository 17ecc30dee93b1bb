"""What all pages use.

page_frame       the menu, sentences of what went wrong, the viewer's time zone, the footer
param_form       a job's options
line_form        a line of an area of lines, put together from its parts
run_form         how to run it
formatting       how numbers, times and states are said
sign_in          signing in, who has, and signing out
own_tokens       the tokens of who has signed in: made, seen, revoked
live_text        text areas that count while they are typed in
page_script      what the browser does beside Streamlit: the way out of tables, the focus after Start
state_columns    states with their colours
tables           tables as people may see them
column_order     which columns of a job people read first
column_widths    how wide the columns of a table are
"""
