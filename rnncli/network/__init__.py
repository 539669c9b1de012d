"""The recurrent network: arrays in, arrays out. Imports NumPy, the protocol of a predictor and nothing above it.

    a_t = x_t Wx + s_{t-1} Ws + bs           the same task for each word: x_t Wx is row x_t of Wx
    s_t = (1-k) Φ(a_t) + k s_{t-1}           the state carries what came before; k, the keep rate, is sigmoid(bk)
    y_t = softmax(s_t Wyᵀ + by)              the probabilities of the next word
    E   = mean over t of -log y_t[d_t]       minimized by backpropagation through time

With k = 0 this is the network of Elman (1990). V words, H state units, T steps, B columns side by side. A `d` before a
name is a gradient: dWx is dE/dWx.
"""
