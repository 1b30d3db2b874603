"""Descents: update rules by hand beside torch's, batches, schedules, stopping, and the loop that runs them."""
