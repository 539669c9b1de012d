"""Counts of n-grams, and the predictor that they make."""
