"""Characters in, ids out, and back. Knows nothing of networks."""
