"""The version, of the package and in the files that it writes."""

__version__ = "0.1.0"
