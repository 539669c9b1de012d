"""python -m rnncli."""

from .cli.main import run

run()
