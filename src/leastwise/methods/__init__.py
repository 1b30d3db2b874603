"""Linear regression, every way: one short file a family, and the table that names them."""
