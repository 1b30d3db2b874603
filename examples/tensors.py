"""The README's example of tensors."""

import torch

import leastwise as lw

device = "cuda" if torch.cuda.is_available() else "cpu"
drawn = torch.Generator().manual_seed(0)
X = torch.randint(-50, 50, (20_000, 3), generator=drawn).double()
X = torch.column_stack([X, X[:, 0] + X[:, 1]])
y = X @ torch.tensor([1.0, 2, 3, 4]).double() + 5 + torch.randn(20_000, generator=drawn).double()

fit = lw.fit(X.to(device), y.to(device))  # summed up there, only a triangle of 25 numbers comes back
print(fit.coef.round(3), fit.dependencies)
