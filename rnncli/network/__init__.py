"""The recurrent network: arrays in, arrays out. Knows no text, no files and no settings.

    a_t = x_t Wx + s_{t-1} Ws + bs           E = mean over t of -log y_t[d_t]
    s_t = (1-k) Φ(a_t) + k s_{t-1}           k = sigmoid(bk)
    y_t = softmax(s_t Wyᵀ + by)

The notation, from formulas to code:

    formula    code        shape               meaning
               V H T B                         words in the vocabulary, state units, steps of a chunk, columns of it
    x_t        x[t]        (B,) ids            words read; x_t Wx, of a one-hot row, is the row Wx[x_t]
    Wx Ws Wy   Wx Ws Wy    (V,H) (H,H) (V,H)   input to state, state to state, state to output (a row a word)
    bs by      bs by       (H,) (V,)           biases
    k          bk          (H,)                keep rate: the share of its last state that a unit keeps; with k = 0 for
                                               all units this is the network of Elman (1990)
    u_t        u[t]        (B,H)               candidate Φ(a_t), with the activation Φ: tanh or relu
    s_t        s[t]        s is (T+1,B,H)      state; s[0] is handed in, so s[t] is the state after t words
    y_t        y           (n,V)               probabilities of the next word
    d_t        d[t]        (B,) ids            the words that did come next
    E          loss                            nats a word; the perplexity is e^E
    dE/dWx     dWx         as Wx               a `d` before a name is a gradient

This is the simple recurrent network, the cell of `cells/elman.py`. Gated cells (`cells/gru.py`, `cells/lstm.py`) carry
h, or h and c, in place of s, and have G gates: Wx is (V,G,H), Ws (H,G,H), bs (G,H); Wx is (H,G,H) where a word enters
by its row of Wy. The file of a cell has its formulas.
"""
