"""One run: live_look at how far it is, drawn anew as redraw_interval says; actions, what is in_progress and the
newest_rows while it goes on (by shared_reads: one for all who look), results (with result_filters, result_columns,
shown_rows, item_detail and downloads), overview_tab (with overview_charts, overview_related and chart_card), timings,
timeline (with lanes and trace), failures, run_log, settings_table, share, and raise_budget where it is paused for what
it has spent."""
