"""Commands whose argument is a text, which may begin with a dash as dialogue and lists do: "- Oui, dit-il"."""

import click


class TextCommand(click.Command):
    """A command to which an argument that begins with a dash and holds a blank is a text, unless it is an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Moves texts behind "--", where click takes them as they are."""
        options: list[str] = []
        texts: list[str] = []
        rest = iter(args)
        for arg in rest:
            if arg == "--":
                texts += rest
            elif arg == "-" or not arg.startswith("-") or self._is_text(arg):
                texts.append(arg)
            else:
                options.append(arg)
                if self._awaits_value(arg):
                    value = next(rest, None)
                    if value is None:  # click says what is missing
                        return super().parse_args(ctx, args)
                    options.append(value)
        return super().parse_args(ctx, [*options, "--", *texts] if texts else options)

    def _is_text(self, arg: str) -> bool:
        """Tells whether an argument that begins with a dash is a text: it holds a blank, and no option begins it."""
        if not any(map(str.isspace, arg)):
            return False
        if arg.startswith("--"):
            first = arg.split()[0]
            return "=" not in first and first not in self._options()
        return arg[:2] not in self._options(with_value=True)  # "-k 3" and "-mMY MODEL.npz" are options

    def _awaits_value(self, arg: str) -> bool:
        """Tells whether the value of an option is the next argument, as after --min-p, -k and -qk."""
        awaiting = self._options(with_value=True)
        if arg.startswith("--"):
            return arg in awaiting
        letters = [f"-{letter}" for letter in arg[1:]]
        return letters[-1] in awaiting and not any(letter in awaiting for letter in letters[:-1])

    def _options(self, with_value: bool = False) -> set[str]:
        """Returns the names of the command's options, or of those that take a value."""
        options = (param for param in self.params if isinstance(param, click.Option))
        return {
            name
            for option in options
            if not (with_value and (option.is_flag or option.count))
            for name in (*option.opts, *option.secondary_opts)
        }
