"""What lies in JOBS_HOME beside the store.

runner_lock      one runner a home: its lock, and the bell that wakes it
artifacts        files that rows name: written whole, swept when nothing names them
shared_files     those of agents whose machine has this home too
cluster_state    how the cluster of the live runner stands
begun_items      which items of a run have begun what must not be done twice
worker_logs      what workers print, and their last words
print_files      the files in which workers write down what their items print
reserve          room on the disk set aside, so that a full one can be emptied
retention        which runs go by themselves, when, and why
earlier_runs     the earlier runs whose rows another may take
audit_log        who did what: a file for each month
literal_secrets  secrets that were given as they are: a file for each run
"""
