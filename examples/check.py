"""A linear regression from scratch, and what is wrong with it."""

import leastwise as lw


def train(x, y, w, b, learning_rate, epochs):
    for _ in range(epochs):
        error = w * x + b - y
        w = w - learning_rate * 2 * (error * x).sum()
        b = b - learning_rate * 2 * (w * x + b - y).sum()
    return w, b


print(lw.check(train).account())
