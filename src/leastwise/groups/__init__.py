"""One regression for each group of the rows, a million of them at a time."""
