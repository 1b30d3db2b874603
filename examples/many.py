"""One regression for each shop, for each window of rows, and for each target."""

import numpy as np
import pandas as pd

import leastwise as lw

rng = np.random.default_rng(0)
shop, n = np.repeat(np.arange(1000), 50), 50_000
sales = pd.DataFrame({"shop": shop, "price": rng.uniform(5, 9, n), "day": rng.choice(["Fri", "Sat", "Sun"], n)})
sales["revenue"] = 90 - (3 + shop / 500) * sales["price"] + 8 * (sales["day"] == "Sat") + rng.normal(size=n)
sales["cost"] = 20 + sales["revenue"] / 3 + rng.normal(size=n)

shops = lw.fit_by(sales, "revenue", by="shop", x=["price", "day"])
print(shops)
print(shops.to_frame()[["shop", "n", "price", "se price", "p price", "status"]].tail(2).to_string(index=False))

windows = lw.rolling(sales, "revenue", x="price", window=250)
print(f"{len(windows):,} windows; the last one's slope {windows.coef[-1, 0]:.3f}, its error {windows.se[-1, 0]:.3f}")

targets = lw.fit_targets(sales, ["revenue", "cost"], x=["price", "day"])
print(targets.to_frame()[["target", "price", "se price", "day[Sat]", "r2"]].round(4).to_string(index=False))
