"""Runs that begin by themselves: schedule_card, one of them; schedule_form, to add another; receivers_form, whom it
tells."""
