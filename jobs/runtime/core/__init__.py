"""The ground that all other rooms stand on: plain data and words, no job, no store, no process.

records         what travels between the rooms; states and their legal moves
job_terms       how runs are executed, and the columns and codes of what jobs return
presets         settings of a job under a name
schedules       runs that begin by themselves, and the times at which they did
receivers       whom these tell, by which rule, and what became of each message
recurrence      when something happens again: by a cron line, or every so often
setting_words   the settings of a run in words, and in what it differs from its preset
row_changes     what of a row a comparison of two runs counts as changed
row_cells       an item that is a row as one text, and the user's own line of it
result_filter   which rows of a run are asked for, and in which order
people          who is acting, and whose their things are
sign_in         how people are known on the page, and who of them is an admin
channel         by which way somebody acts
audit           what the audit log says of one action
access          who asks through the API, and what a token allows
errors          what can go wrong, drawn as one tree
settings        what the environment variables say now
setting_table   every environment variable and its default
setting_readers  how their texts are read
mail_address    addresses of e-mail, and the server that takes it
home_folder     JOBS_HOME, its owner's alone
private_files   folders and files that are their owner's alone
secrets         secrets by name: where they are looked up, and how they are kept out of sight
cluster_address  where a cluster is, as JOBS_CLUSTER gives it, and the files of its certificates
proxy_address   where a proxy is, as JOBS_PROXY gives it
web_names       names under which a server may be asked, and by whom
passwords       names and passwords in addresses, kept out of what is quoted
budget          what a run may spend until it is paused, and what it has spent
reuse           what a run takes from earlier ones, and by what items are found there
units           seconds, sizes and counts as a person reads them
text            text that can be stored, and text that can be seen
pace_report     what an item learnt about its group, as it travels
printed         what an attempt printed, as it is kept
spreadsheets    text that a spreadsheet would take for a formula
process_limits  what a process may use, and that it ends with its parent
kept_name       names that people give to what is kept
program         how this program was called, and whether it is installed
lock_holder     which process holds a lock on a file
notices         sentences for whoever is there meanwhile
startup         a start that Ctrl-C ends quietly
"""
