"""Who is at the other end, what pages may do, and secrets that are kept as hashes."""
