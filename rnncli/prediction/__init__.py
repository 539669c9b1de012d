"""What comes after what was read: distributions, choices, text."""
