"""One training step of Caffe's LeNet in PyTorch on the CPU, timed in rounds.

A peer of bench/bench.ts, which starts it: `python bench/pytorch_step.py BATCH`. Prints a line when ready; for each
line "STEPS" that it reads it prints a JSON line with the milliseconds of every step:
{"step": [...], "forward": [...], "backward": [...], "update": [...]}. Needs torch; nothing else.
"""

import json
import sys
import time

import torch
from torch import nn

BATCH = int(sys.argv[1])

torch.manual_seed(0)
network = nn.Sequential(
    nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(800, 500), nn.ReLU(), nn.Linear(500, 10),
)  # fmt: skip
cost = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
images = torch.rand(BATCH, 1, 28, 28)
labels = torch.randint(0, 10, (BATCH,))


def step(times):
    start = time.perf_counter()
    loss = cost(network(images), labels)
    forward = time.perf_counter()
    optimizer.zero_grad()
    loss.backward()
    backward = time.perf_counter()
    optimizer.step()
    loss.item()
    end = time.perf_counter()
    for name, seconds in zip(times, (end - start, forward - start, backward - forward, end - backward)):
        times[name].append(1000 * seconds)


def times():
    return {"step": [], "forward": [], "backward": [], "update": []}


for _ in range(10):
    step(times())
print(json.dumps({"version": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
for line in sys.stdin:
    measured = times()
    for _ in range(int(line)):
        step(measured)
    print(json.dumps(measured), flush=True)
