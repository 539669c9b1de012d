"""rnncli completion."""

import click

from .options import COMPLETION_VARIABLE
from .output import emit

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Prints what a shell needs to complete commands, options and model files.

    \b
    eval "$(rnncli completion bash)"        in ~/.bashrc
    eval "$(rnncli completion zsh)"         in ~/.zshrc
    rnncli completion fish > ~/.config/fish/completions/rnncli.fish
    """
    from click.shell_completion import get_completion_class

    from .main import cli

    script = get_completion_class(shell)
    assert script
    emit(script(cli, {}, "rnncli", COMPLETION_VARIABLE).source(), "")
