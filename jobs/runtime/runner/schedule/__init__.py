"""Which item may start next, and when: pure; time goes in as an argument.

entry       an item as it knows it
schedule    the queues and due times of one run
pacing      what each group allows, learnt from what items report
outages     which origins cannot be reached, as far as this run has met them
fair_share  whose run is next, and who starts first where several want the same group
"""
