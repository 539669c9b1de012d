#compdef rnncli
# rnncli-learn-history trains a model of your shell's history; rnncli-next COMMAND lists the likeliest next words of a
# command by that model. The model holds words of the history: only you may read it.

rnncli-learn-history() (
  umask 077
  fc -p -- "${HISTFILE:-$HOME/.zsh_history}" 999999
  fc -ln 1 |
    rnncli train -q - -o "${RNNCLI_HISTORY:-$HOME/.rnncli-history.npz}" \
      --tokenizer whitespace --sentences lines --force "$@"
)

rnncli-next() {
  rnncli predict -q -k 5 -m "${RNNCLI_HISTORY:-$HOME/.rnncli-history.npz}" -- "$* " | cut -f 1 | sed '/^"/{s/^"//;s/"$//;s/""/"/g;}'
}

(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }  # completion may not be set up yet
