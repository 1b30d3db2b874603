"""Processes with rows of their own: `torchrun --nproc-per-node 2 examples/ranks.py`."""

import numpy as np
import torch.distributed as dist

import leastwise as lw

dist.init_process_group("gloo")
rank = dist.get_rank()

rng = np.random.default_rng(rank)
X = rng.standard_normal((1_000 * (rank + 1), 3)) + 1e6
y = (X - 1e6) @ [1.0, 2.0, 3.0] + rng.standard_normal(len(X))

fit = lw.fit_distributed(X, y)
run = lw.descend_distributed(X, y, batch_size=64, epochs=20, learning_rate="auto", centre=True)
if rank == 0:
    print(fit.summary())
    print(run.status)
dist.destroy_process_group()
