"""The command line: a module for each command, which reads its input, calls the library and shows the results."""
