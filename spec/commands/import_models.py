"""Writes ONNX files of other exporters with inputs and outputs of onnxruntime, for onnx.ts. Argument: a folder. The lines of the
output are those of conformance.py. The suites are `light`, the nine light_* models of the PyPI package onnx with random
weights, and `torch`, networks written by both exporters of torch.onnx; the newer one needs the package onnxscript.
"""

import glob
import json
import os
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper
from torch import nn

warnings.simplefilter("ignore")
onnxruntime.set_default_logger_severity(3)
folder = sys.argv[1]
print(json.dumps({"version": f"onnx {onnx.__version__}, torch {torch.__version__}"}), flush=True)
random = np.random.default_rng(0)


def report(suite, name, file, x, proof=None):
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {session.get_inputs()[0].name: x})
    saved = []
    for i, array in enumerate([x, *outputs]):
        path = os.path.join(folder, f"{suite}-{name}.{i}")
        array.astype(np.float32).tofile(path)
        saved.append({"shape": list(array.shape), "file": path})
    case = {"suite": suite, "name": name, "model": file, "proof": proof or file, "constants": None, "ops": [], "opset": 0}
    print(json.dumps({**case, "inputs": saved[:1], "outputs": saved[1:]}), flush=True)


def constant_of(nodes, tensors, name):
    if name in tensors:
        return numpy_helper.to_array(tensors[name])
    return numpy_helper.to_array(next(a.t for a in nodes[name].attribute if a.name == "value"))


def input_of(graph):
    names = {tensor.name for tensor in graph.initializer}
    (slot,) = [slot for slot in graph.input if slot.name not in names]
    return slot.name, [dim.dim_value for dim in slot.type.tensor_type.shape.dim]


def narrow(shape):
    """A quarter of the channels, but all 3 colours, 1000 classes and positions of a filter."""
    return [size if size in (1, 3, 1000) or axis > 1 else size // 4 for axis, size in enumerate(shape)]


def light(path, shrink=lambda shape: shape):
    model = onnx.load(path)
    graph = model.graph
    nodes = {node.output[0]: node for node in graph.node}
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    kept = []
    for node in graph.node:
        if node.op_type == "Reshape":
            shape = constant_of(nodes, tensors, node.input[1])
            graph.initializer.append(numpy_helper.from_array(np.array(shrink(list(shape)), np.int64), node.output[0] + ".shape"))
            node.input[1] = node.output[0] + ".shape"
        if node.op_type != "ConstantOfShape":
            kept.append(node)
            continue
        shape = shrink([int(size) for size in constant_of(nodes, tensors, node.input[0])])
        fan_in = max(int(np.prod(shape[1:])), 1) if len(shape) > 1 else 0
        values = random.normal(0, fan_in**-0.5, shape) if fan_in else random.uniform(0.5, 1, shape)
        graph.initializer.append(numpy_helper.from_array(values.astype(np.float32), node.output[0]))
    used = {name for node in kept for name in node.input}
    del graph.node[:]
    graph.node.extend(node for node in kept if node.op_type != "Constant" or node.output[0] in used)
    if shrink is narrow:
        # From version 4 on, the tensors of a file need not be inputs too.
        model.ir_version = 4
        del graph.value_info[:]
        for slot in [slot for slot in graph.input if slot.name in tensors]:
            graph.input.remove(slot)
        for tensor in graph.initializer:
            values = numpy_helper.to_array(tensor)
            if tensor.name in tensors and values.dtype == np.float32:
                part = values[tuple(slice(size) for size in shrink(list(values.shape)))]
                tensor.CopyFrom(numpy_helper.from_array(part.copy(), tensor.name))
    name = os.path.basename(path)[len("light_") : -len(".onnx")]
    file = os.path.join(folder, f"{name}{'.narrow' if shrink is narrow else ''}.onnx")
    x = random.normal(0, 1, input_of(graph)[1]).astype(np.float32)
    with_scores(model, x)
    onnx.save(model, file)
    return name, file, x


def with_scores(model, x):
    """Scales the last weights before a Softmax: of large scores it is 0 or 1, and has no gradient."""
    graph = model.graph
    softmax = graph.node[-1]
    if softmax.op_type != "Softmax":
        return
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy.graph.node.pop()
    copy.graph.output[0].name = softmax.input[0]
    copy.graph.output[0].type.tensor_type.ClearField("shape")
    session = onnxruntime.InferenceSession(copy.SerializeToString(), providers=["CPUExecutionProvider"])
    (scores,) = session.run(None, {input_of(graph)[0]: x})
    makers = {node.output[0]: node for node in graph.node}
    node = makers[softmax.input[0]]
    while node.op_type not in ("Gemm", "Conv"):
        node = makers[node.input[0]]
    for tensor in graph.initializer:
        if tensor.name in node.input[1:]:
            values = numpy_helper.to_array(tensor) / scores.std()
            tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float32), tensor.name))


class Residual(nn.Module):
    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return torch.relu(self.body(x) + x)


class Excite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, 2, 1), nn.ReLU(), nn.Conv2d(2, channels, 1), nn.Hardsigmoid())

    def forward(self, x):
        return x * self.gate(x)


class Shuffle(nn.Module):
    def forward(self, x):
        n, c, h, w = x.shape
        return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


class Inception(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 1), nn.Conv2d(3, 5, 3, padding=1)

    def forward(self, x):
        return torch.cat([self.a(x), self.b(x), nn.functional.max_pool2d(x, 3, 1, 1)], 1)


class Scale(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.scale = nn.Parameter(torch.randn(channels, 1, 1))

    def forward(self, x):
        return x * self.scale


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class LayerNorm2d(nn.LayerNorm):
    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def conv_bn(i, o, k=3, **options):
    return nn.Sequential(nn.Conv2d(i, o, k, padding=k // 2, bias=False, **options), nn.BatchNorm2d(o), nn.ReLU6())


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.deep, self.up, self.out = conv_bn(3, 4), conv_bn(4, 6), nn.ConvTranspose2d(6, 4, 2, 2), nn.Conv2d(14, 2, 1)

    def forward(self, x):
        large = self.down(x)
        small = self.deep(nn.functional.max_pool2d(large, 2))
        resized = nn.functional.interpolate(small, size=large.shape[2:], mode="bilinear", align_corners=False)
        return self.out(torch.cat([self.up(small), resized, large], 1))


class Gates(nn.Module):
    """ShuffleNet V2's halves of the channels, a gate of two parts, and a gated linear unit."""

    def __init__(self):
        super().__init__()
        self.stem, self.branch, self.head = nn.Conv2d(3, 8, 3), nn.Conv2d(4, 4, 3, padding=1, groups=4), nn.Linear(4, 6)

    def forward(self, x):
        a, b = self.stem(x).chunk(2, 1)
        x = torch.cat([a, self.branch(b)], 1)
        x = x.view(x.shape[0], 2, 4, 10, 8).transpose(1, 2).reshape(x.shape[0], -1, 10, 8)
        a, b = torch.split(x, [4, 4], 1)
        return nn.functional.glu(self.head((torch.tanh(a) * torch.sigmoid(b)).mean((2, 3))), -1)


class Attention(nn.Module):
    """Tokens of patches, heads, and pooling by attention."""

    def __init__(self):
        super().__init__()
        self.patches, self.qkv, self.norm, self.score, self.head = nn.Conv2d(3, 8, 4, 2), nn.Linear(8, 24), nn.LayerNorm(8), nn.Linear(8, 1), nn.Linear(8, 3)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        n, tokens, _ = x.shape
        q, k, v = self.qkv(self.norm(x)).reshape(n, tokens, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        x = x + ((q @ k.transpose(-2, -1) / 2).softmax(-1) @ v).transpose(1, 2).reshape(n, tokens, 8)
        weights = self.score(x).transpose(1, 2).softmax(-1)
        return self.head(torch.bmm(weights, x)[:, 0])


class Transformer(nn.Module):
    """A class token and nn.TransformerEncoderLayer, which joins the batch with the heads."""

    def __init__(self):
        super().__init__()
        self.patches, self.head = nn.Conv2d(3, 8, 5, 3), nn.Linear(8, 3)
        self.token, self.places = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 7, 8))
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.places
        return self.head(self.layer(x)[:, 0])


class Focus(nn.Module):
    """Slices with steps, a crop, and channels by their indices."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(12, 4, 3, padding=1)
        self.register_buffer("order", torch.tensor([2, 0, 3, 1, 1]))

    def forward(self, x):
        x = self.conv(torch.cat([x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)], 1))
        return torch.index_select(x[:, :, 1:-1], 1, self.order) + nn.functional.pad(x, (0, 0, -1, -1))[:, :1]


class Norms(nn.Module):
    """Normalizations that are written by hand: over channels, over groups, and RMSNorm."""

    def __init__(self):
        super().__init__()
        self.conv, self.gain, self.head = nn.Conv2d(3, 8, 3), nn.Parameter(torch.rand(8) + 0.5), nn.Linear(8, 3)

    def forward(self, x):
        x = self.conv(x)
        centered = x - x.mean(1, keepdim=True)
        x = centered / torch.sqrt(centered.pow(2).mean(1, keepdim=True) + 1e-5)
        groups = x.view(len(x), 2, -1)
        x = (groups / (groups.var(-1, keepdim=True, unbiased=False) + 1e-5).sqrt()).view_as(x).mean((2, 3))
        return self.head(x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.gain)


IMAGE = (2, 3, 12, 10)
NETWORKS = {
    "perceptron": (nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3), nn.LogSoftmax(-1)), (2, 6)),
    "lenet": (nn.Sequential(nn.Conv2d(3, 4, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 5)), IMAGE),
    "residual": (nn.Sequential(conv_bn(3, 4), Residual(nn.Sequential(conv_bn(4, 4), nn.Conv2d(4, 4, 1))), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)), IMAGE),
    "mobile": (nn.Sequential(conv_bn(3, 6, stride=2), conv_bn(6, 6, groups=6), Excite(6), nn.Hardswish(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3)), IMAGE),
    "inception": (nn.Sequential(Inception(), nn.AvgPool2d(2, padding=1, count_include_pad=False), nn.Flatten(), nn.Dropout(), nn.Linear(12 * 42, 3)), IMAGE),
    "shuffle": (nn.Sequential(nn.Conv2d(3, 8, 1, groups=1), Shuffle(), nn.Conv2d(8, 8, 3, groups=4), nn.PReLU(8)), IMAGE),
    "convnext": (nn.Sequential(nn.Conv2d(3, 8, 2, 2), LayerNorm2d(8), nn.Conv2d(8, 8, 1), nn.GELU(), Scale(8), Mean(), nn.LayerNorm(8), nn.Linear(8, 3)), IMAGE),
    "decoder": (nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.SiLU(), nn.ConvTranspose2d(4, 3, 3, 2, 1, 1), nn.Upsample(scale_factor=2), nn.Sigmoid()), IMAGE),
    "groupnorm": (nn.Sequential(nn.Conv2d(3, 6, 3), nn.GroupNorm(3, 6), nn.LeakyReLU(0.1), nn.InstanceNorm2d(6, affine=True), nn.ELU(), nn.Softmax(1)), IMAGE),
    "dilated": (nn.Sequential(nn.Conv2d(3, 8, 3, dilation=2), nn.Softsign(), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Flatten(), nn.Linear(8 * 12, 3), nn.Softmax(1)), IMAGE),
    "sequence": (nn.Sequential(nn.Conv1d(3, 6, 3, padding=1), nn.BatchNorm1d(6), nn.Softplus(), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(24, 3)), (2, 3, 8)),
    "pixels": (nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(3, 8, 3), nn.Hardtanh(), nn.PixelShuffle(2), nn.ZeroPad2d((1, 0, 2, 1)), nn.Conv2d(2, 2, 3), nn.SELU()), IMAGE),
    "unet": (UNet(), IMAGE),
    "gates": (Gates(), IMAGE),
    "attention": (Attention(), IMAGE),
    "transformer": (Transformer(), IMAGE),
    "focus": (Focus(), IMAGE),
    "norms": (Norms(), IMAGE),
    "volumes": (nn.Sequential(nn.Conv3d(2, 4, 3, padding=1), nn.BatchNorm3d(4), nn.ReLU(), nn.MaxPool3d(2), nn.Conv3d(4, 4, (1, 3, 3), padding=(0, 1, 1), groups=2), nn.AvgPool3d(2), nn.Flatten(), nn.Linear(16, 3)), (2, 2, 4, 8, 9)),
}

for path in sorted(glob.glob(os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data", "light", "*.onnx"))):
    name, file, x = light(path)
    # With their 60 to 140 million weights, a proof in double precision would take long.
    large = name in ("bvlc_alexnet", "vgg19", "zfnet512")
    report("light", name, file, x, light(path, narrow)[1] if large else None)

for name, (network, shape) in NETWORKS.items():
    torch.manual_seed(0)
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.normal_(module.running_mean)
    network.eval()
    x = torch.randn(shape)
    for dynamo in (False, True):
        suffix = "dynamo" if dynamo else "script"
        file = os.path.join(folder, f"{name}.{suffix}.onnx")
        try:
            torch.onnx.export(network, (x,), file, dynamo=dynamo, verbose=False)
        except ModuleNotFoundError as error:
            print(json.dumps({"suite": "torch", "name": f"{name}.{suffix}", "missing": str(error)}), flush=True)
            continue
        report("torch", f"{name}.{suffix}", file, x.numpy())
