"""Runs compared: the same items each way (measure_form, measure_source, measure_result), two to four runs of one job
(side_by_side, row_changes), and the charts of both (plots)."""
