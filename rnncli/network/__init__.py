"""The recurrent network: arrays in, arrays out. Imports NumPy and nothing else of the house.

    s_t = Φ(x_t Wx + s_{t-1} Ws + bs)        the same task for each word; the state carries what came before
    y_t = softmax(s_t Wy + by)               the probabilities of the next word
    E   = mean over t of -log y_t[d_t]       trained by backpropagation through time

V words, H state units, T steps, B columns side by side. A `d` before a name is always a gradient.
"""
