"""Is somebody's own linear regression right, and if not, which mistake is it?"""
