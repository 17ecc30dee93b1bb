"""How it works: the live processes (process_table), what each button runs (demonstrations, demonstration_code),
and what it found (demonstration_results, switching_costs)."""
