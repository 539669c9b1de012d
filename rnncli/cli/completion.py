"""rnncli completion."""

from pathlib import Path

import click

from .options import COMPLETION_VARIABLE
from .output import emit

EDITORS = Path(__file__).parent.parent / "editors"
TARGETS = ("bash", "zsh", "fish", "vim")


@click.command()
@click.argument("target", type=click.Choice(TARGETS))
def completion(target: str) -> None:
    """Prints a script that completes words in your shell or in Vim.

    In a shell, Tab completes commands, options and model files of rnncli. Also, rnncli-learn-history trains a model of
    your history, and rnncli-next lists the likeliest next words of a command. In Vim, Ctrl-X Ctrl-U completes the word
    at the cursor or offers the next one, and :RnncliCommit learns from a line.

    \b
    eval "$(rnncli completion bash)"     in ~/.bashrc
    eval "$(rnncli completion zsh)"      in ~/.zshrc
    rnncli completion fish | source      in ~/.config/fish/config.fish
    rnncli completion vim > ~/.vim/plugin/rnncli.vim
    """
    emit((EDITORS / f"rnncli.{target}").read_text(encoding="utf-8"), "")
    if target != "vim":
        from click.shell_completion import get_completion_class

        from .main import cli

        script = get_completion_class(target)
        assert script
        emit("\n" + script(cli, {}, "rnncli", COMPLETION_VARIABLE).source(), "")
