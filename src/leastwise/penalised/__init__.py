"""Ridge, lasso and elastic net: whole paths from moments or from rows, each answer with its duality gap."""
