"""The loop, and how good its result is. Prints nothing, writes nothing, looks at no clock."""
