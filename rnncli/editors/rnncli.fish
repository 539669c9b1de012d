# rnncli-learn-history trains a model of your shell's history; rnncli-next COMMAND lists the likeliest next words of a
# command by that model. The model holds words of the history: only you may read it.

set -q RNNCLI_HISTORY; or set -g RNNCLI_HISTORY ~/.rnncli-history.npz

function rnncli-learn-history
    set -l mask (umask)
    umask 077
    history | rnncli train -q - -o $RNNCLI_HISTORY --tokenizer whitespace --sentences lines --force $argv
    set -l code $status
    umask $mask
    return $code
end

function rnncli-next
    rnncli predict -q -k 5 -m $RNNCLI_HISTORY -- "$argv " | cut -f 1 | sed '/^"/{s/^"//;s/"$//;s/""/"/g;}'
end
