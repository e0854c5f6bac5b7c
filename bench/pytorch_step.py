"""One training step, or in inference one forward pass, of a network in PyTorch on the CPU, timed in turns.

bench/bench.ts starts it as `python bench/pytorch_step.py SETUP`, with the network's table in SETUP. Like bench/serve.ts,
it prints one line of JSON when it has started, and then one for each number of steps that it reads. It needs only torch.
"""

import json
import math
import sys
import time

try:
    import torch
    from torch import nn
except ImportError as error:
    print(json.dumps({"error": f"{error}: pip install torch==2.13.0 (PYTHON names another interpreter than python3)"}))
    sys.exit(1)

SETUP = json.loads(sys.argv[1])
TABLE, BATCH, CONSTANTS = SETUP["table"], SETUP["batch"], SETUP["constants"]
INFERENCE = SETUP["inference"]
torch.set_num_threads(SETUP["threads"])


def noise(seed, count, bound):
    """The same numbers as noise() of bench/networks.ts: each is a hash of its index."""
    low = 0xFFFFFFFF
    x = (torch.arange(count) + (seed * 0x9E3779B1 & low)) & low
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & low
    x = ((x ^ (x >> 15)) * 0x846CA68B) & low
    x = x ^ (x >> 16)
    return (bound * (x.double() / 2**31 - 1)).float()


class Subsample(nn.Module):
    """Takes every second pixel and appends channels of zeros."""

    def __init__(self, stride, more):
        super().__init__()
        self.stride, self.more = stride, more

    def forward(self, x):
        return nn.functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Residual(nn.Module):
    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


def chain(layers):
    built, image = [], None
    for layer in layers:
        if layer["kind"] == "flatten":
            image = layer["input"]
        built.append(build(layer, image))
        if layer["kind"] == "linear":
            image = None
    return nn.Sequential(*built)


def build(layer, image):
    kind, kernel, stride, padding = (layer[key] for key in ("kind", "kernel", "stride", "padding"))
    channels, out = layer["input"][-1], layer["output"][-1]
    if kind == "conv":
        box = nn.Conv2d(channels, out, kernel, stride, padding, bias=layer["bias"])
        weights = drawn(layer, out, kernel, kernel, channels).permute(0, 3, 1, 2)
    elif kind == "linear":
        box = nn.Linear(channels, out)
        weights = drawn(layer, out, channels)
        if image:  # PyTorch flattens [C, H, W], not [H, W, C].
            weights = weights.view(out, *image).permute(0, 3, 1, 2).reshape(out, channels)
    elif kind == "residual":
        return Residual(chain(layer["body"]), chain(layer["shortcut"]))
    else:
        return {
            "maxPool": lambda: nn.MaxPool2d(kernel, stride, padding),
            "relu": lambda: nn.ReLU(),
            "lrn": lambda: nn.LocalResponseNorm(**CONSTANTS["lrn"]),
            "dropout": lambda: nn.Dropout(CONSTANTS["dropout"]),
            "batchNorm": lambda: nn.BatchNorm2d(channels, eps=CONSTANTS["eps"]),
            "subsample": lambda: Subsample(stride, out - channels),
            "mean": Mean,
            "flatten": nn.Flatten,
        }[kind]()
    with torch.no_grad():
        box.weight.copy_(weights)
        if box.bias is not None:
            box.bias.zero_()
    return box


def drawn(layer, out, *shape):
    fan = math.prod(shape)
    return noise(layer["index"] + 1, out * fan, math.sqrt(3 / fan)).view(out, *shape)


network = chain(TABLE["layers"])
cost = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(network.parameters(), lr=TABLE["learningRate"], momentum=CONSTANTS["momentum"])
height, width, channels = TABLE["input"]
images = noise(0, BATCH * height * width * channels, 1).view(BATCH, height, width, channels)
# A permuted tensor with one channel fits both layouts, and PyTorch would then use channels last in all layers.
images = torch.empty(BATCH, channels, height, width).copy_(images.permute(0, 3, 1, 2))
if SETUP["channelsLast"]:
    images = torch.empty_like(images, memory_format=torch.channels_last).copy_(images)
    network = network.to(memory_format=torch.channels_last)
labels = torch.tensor([7 * i % TABLE["classes"] for i in range(BATCH)])


def forward_pass():
    start = time.perf_counter()
    with torch.no_grad():
        network(images)
    return {"step": 1000 * (time.perf_counter() - start)}


def training_step():
    start = time.perf_counter()
    loss = cost(network(images), labels)
    forward = time.perf_counter()
    optimizer.zero_grad()
    loss.backward()
    backward = time.perf_counter()
    optimizer.step()
    value = loss.item()
    end = time.perf_counter()
    names = ("step", "forward", "backward", "update")
    seconds = (end - start, forward - start, backward - forward, end - backward)
    return {"loss": value, **{name: 1000 * s for name, s in zip(names, seconds)}}


def forget_peak():
    """Resets the memory peak, so that it counts training only. Only Linux can reset it."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def peak():
    try:
        with open("/proc/self/status") as file:
            return int(next(line for line in file if line.startswith("VmHWM")).split()[1]) / 1024
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def say(message):
    print(json.dumps(message), flush=True)


step = forward_pass if INFERENCE else training_step


def turn(count):
    # The user and system time of all threads, as process.cpuUsage() in Node.
    start = time.process_time()
    steps = [step() for _ in range(count)]
    cpu = 1000 * (time.process_time() - start) / count
    return {"steps": steps, "apart": [], "cpu": cpu, "peak_mb": peak()}


if INFERENCE or TABLE["dropout"]:
    network.eval()
outputs = {}
if INFERENCE:
    with torch.no_grad():
        outputs["outputs"] = network(images).flatten().tolist()
checked = [step() for _ in range(CONSTANTS["checkedSteps"])]
if not INFERENCE:
    network.train()
say(
    {
        "system": f"PyTorch {torch.__version__.split('+')[0]}" + (" channels last" if SETUP["channelsLast"] else ""),
        "backend": "cpu",
        "parameters": sum(p.numel() for p in network.parameters()),
        "losses": [s["loss"] for s in checked if "loss" in s],
        **outputs,
        "step": checked[-1]["step"],
    }
)
forget_peak()
for line in sys.stdin:
    say(turn(int(line)))
