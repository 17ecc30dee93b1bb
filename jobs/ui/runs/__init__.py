"""What goes on, and history (history_table); many_runs at once; lesson_runs, which are nobody's own."""
