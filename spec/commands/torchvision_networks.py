"""torchvision's networks in plain PyTorch, with the names of torchvision's state dicts, for pytorch.ts. torchvision
itself is not needed. Each line of standard input is a job in JSON, and the answer is one line of JSON:

  {"make": network, "width": w, "size": s, "weights": file, "outputs": file}
      random weights and running statistics to `weights`, an image and the network's outputs for it to `outputs`
  {"load": network, "width": w, "size": s, "weights": file, "outputs": file}
      loads `weights`, strictly, and writes the outputs for the image in `outputs` to `outputs` + ".again"
  {"save": network, "width": w, "file": file, "dtype": d, "legacy": bool, "views": bool}
      the weights of "make" in dtype d to `file` with torch.save; with `views`, all tensors of one dtype share a storage,
      and matrices and kernels are transposed in it. The answer has the shape and the SHA-256 of the values of every
      tensor that torch.load reads, those of 16 bits as float32

Written with torch 2.13.0 and safetensors 0.8.0; names and sizes are those of torchvision 0.2x, models/*.py.
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


NETWORKS = {
    "torchvision-alexnet": AlexNet,
    "vgg16": lambda n: VGG(n, (2, 2, 3, 3, 3)),
    "vgg19": lambda n: VGG(n, (2, 2, 4, 4, 4)),
    "resnet18": lambda n: ResNet(n, BasicBlock, (2, 2, 2, 2)),
    "resnet34": lambda n: ResNet(n, BasicBlock, (3, 4, 6, 3)),
    "resnet50": lambda n: ResNet(n, Bottleneck, (3, 4, 6, 3)),
    "resnet101": lambda n: ResNet(n, Bottleneck, (3, 4, 23, 3)),
    "resnet152": lambda n: ResNet(n, Bottleneck, (3, 8, 36, 3)),
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


@torch.no_grad()
def run(job):
    torch.manual_seed(7)
    model = NETWORKS[job.get("make") or job.get("save") or job["load"]](scaler(job["width"])).eval()
    if "save" in job:
        randomize(model)
        return save(job, model)
    if "make" in job:
        randomize(model)
        save_file(model.state_dict(), job["weights"])
        image = torch.randn(2, 3, job["size"], job["size"] + 5)
    else:
        model.load_state_dict(load_file(job["weights"]), strict=True)
        image = load_file(job["outputs"])["image"]
    outputs = {f"output{i}": output.contiguous() for i, output in enumerate(model(image))}
    save_file({"image": image, **outputs}, job["outputs"] + ("" if "make" in job else ".again"))
    return {"parameters": sum(p.numel() for p in model.parameters())}


torch.set_num_threads(1)
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    try:
        answer = run(json.loads(line))
    except Exception as error:  # noqa: BLE001 - whatever it is, the line says so
        answer = {"error": str(error).replace("\n", " ")}
    print(json.dumps(answer), flush=True)
