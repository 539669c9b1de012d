"""Learning from one user: small weight updates and caches on top of a model that stays as it is."""
