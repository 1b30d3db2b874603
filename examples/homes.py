"""The README's example of a formula and a diagnosis."""

import numpy as np
import pandas as pd

import leastwise as lw

rng = np.random.default_rng(0)
size, town = rng.uniform(40, 160, 300), rng.choice(["Bergen", "Oslo", "Riga"], 300)
price = np.exp(3.5 + 0.8 * np.log(size) + 0.3 * (town == "Oslo") + 0.1 * rng.standard_normal(300))
homes = pd.DataFrame({"size": size, "town": town, "price": price})
homes.loc[7, "price"] *= 4

fit = lw.fit(homes, formula="np.log(price) ~ np.log(size) + C(town)")
print(fit.summary())
print("variance inflation:", fit.vif.round(2))
influence = fit.influence(homes)
worst = int(influence.cook.argmax())
print(f"row {worst} moves the answer most: it lies {influence.studentised[worst]:.1f} deviations off")
print(np.exp(fit.predict(pd.DataFrame({"town": ["Oslo"], "size": [100.0]}))))
