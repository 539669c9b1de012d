"""A training run, from text files to a model file: set up, planned, resumed, saved."""
