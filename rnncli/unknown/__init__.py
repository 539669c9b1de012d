"""Words outside the vocabulary: how likely one comes next, and which one it is."""
