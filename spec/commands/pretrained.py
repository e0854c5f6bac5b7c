"""EfficientNet-Lite0 with its published weights, in the publisher's own code, for pretrained.ts. The arguments are the
folder of the unpacked packages and the file of weights. Each line of standard input is a job in JSON, and the answer is
one line of JSON:

  {"image": file}   the logits for an image that Pillow decodes, resizes and cuts
  {"input": file}   the logits for an input [1, 224, 224, 3] of float32

Needs torch and pillow.
"""

import json
import sys

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, sys.argv[1])
from efficientnet_lite_pytorch import EfficientNet  # noqa: E402


def preprocess(file):
    image = Image.open(file).convert("RGB")
    scale = 256 / min(image.size)
    width, height = (int(size * scale) for size in image.size)
    image = image.resize((width, height), Image.BILINEAR)
    left, top = round((width - 224) / 2), round((height - 224) / 2)
    pixels = np.asarray(image.crop((left, top, left + 224, top + 224)), np.float32)
    return (pixels / 255 - 0.5) / 0.5


model = EfficientNet.from_name("efficientnet-lite0").eval()
model.load_state_dict(torch.load(sys.argv[2], weights_only=True))
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    try:
        job = json.loads(line)
        if "image" in job:
            values = preprocess(job["image"])
        else:
            values = np.fromfile(job["input"], np.float32).reshape(224, 224, 3)
        with torch.no_grad():
            logits = model(torch.tensor(values).permute(2, 0, 1)[None])
        answer = {"logits": logits[0].tolist()}
    except Exception as error:  # noqa: BLE001 - whatever it is, the line says so
        answer = {"error": str(error).replace("\n", " ")}
    print(json.dumps(answer), flush=True)
