"""Worker processes, as the runner sees them.

pool             listen to all, feed, kill, keep warm
worker_handle    one worker, of four parts, each of which alone writes its fields
  assignment       what it was given: its run, and what is out
  lifecycle        ready, warm, retiring, killed, dead
  vital_signs      stopped, silent, pinged, held up
  worker_process   what is asked of its process, wherever that runs
  local_process    its process on this machine: pipe, slot table, log, and what the system says of it
autosize         how large a pool that finds its own size should be: pure
  cohort           what is seen of it, and how its items fare
outbox           bytes on their way through a pipe or connection
os_process       what the operating system says of a process
usage            processor time and memory that a run took
orphans          processes that a dead runner's workers left behind
"""
