"""The README's example of a descent."""

import leastwise as lw

for optimizer in ("sgd", "adam", "chebyshev", "cg"):
    fit = lw.descend("article", y="y", optimizer=optimizer, learning_rate="auto", epochs=20_000, excess=1e-8)
    print(f"{optimizer:10} {len(fit.history.loss) - 1:6,} epochs, slope {fit.coef[0]:.5f}. {fit.status}")

how = {"optimizer": "adam", "learning_rate": 0.01, "epochs": 1000, "batch_size": 5}
by_hand = lw.descend("article", y="y", **how)
in_torch = lw.descend("article", y="y", backend="torch", **how)
print(f"3,000 steps by hand and in torch, at most {abs(by_hand.history.coef - in_torch.history.coef).max():.0e} apart")

floor = lw.noise_floor("article", y="y", learning_rate=0.001, batch_size=5)
print(floor.sentence)
