"""New run: the job (job_choice), what the items come from (items_source), how their file is written (read_choices) and
what it holds (reading), what will happen with them (preview), how much of it is there already (only_new), at what it is
paused (budget_form), one tried (dry_run), and the settings under a name (preset_choice)."""
