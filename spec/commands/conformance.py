"""Lists the conformance cases that the PyPI package onnx ships, for onnx.ts. Argument: a folder for the files. Each line of
the output is `{"suite", "name", "model", "constants", "ops", "opset", "inputs", "outputs"}`. Inputs and outputs are `{"shape", "file"}` with float32,
row by row, or null for another type.
"""

import glob
import json
import os
import sys
import warnings

import numpy as np
import onnx
from onnx import numpy_helper

warnings.simplefilter("ignore")
folder = sys.argv[1]
data = os.path.join(os.path.dirname(onnx.__file__), "backend", "test", "data")
print(json.dumps({"version": onnx.__version__}), flush=True)


def saved(values, name):
    if not isinstance(values, (np.ndarray, np.generic)) or values.dtype not in (np.float32, np.float64, np.float16):
        return None
    array = np.asarray(values)
    file = os.path.join(folder, name)
    array.astype(np.float32).tofile(file)
    return {"shape": list(array.shape), "file": file}


def with_constants(model, inputs, stem):
    """Saves a copy in which all inputs but the first one are tensors of the file, as weights are."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    names = {tensor.name for tensor in model.graph.initializer}
    slots = [slot for slot in model.graph.input if slot.name not in names]
    for slot, value in list(zip(slots, inputs))[1:]:
        if not isinstance(value, (np.ndarray, np.generic)):
            return None
        copy.graph.input.remove(slot)
        copy.graph.initializer.append(numpy_helper.from_array(np.asarray(value), slot.name))
    file = os.path.join(folder, f"{stem}.constants.onnx")
    onnx.save(copy, file)
    return file


def report(suite, name, model, file, inputs, outputs):
    ops = sorted({node.op_type for node in model.graph.node})
    stem = f"{suite}-{name}"
    case = {"suite": suite, "name": name, "model": file, "ops": ops, "opset": max((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), default=0)}
    case["inputs"] = [saved(value, f"{stem}.in{i}") for i, value in enumerate(inputs)]
    case["outputs"] = [saved(value, f"{stem}.out{i}") for i, value in enumerate(outputs)]
    case["constants"] = with_constants(model, inputs, stem) if len(inputs) > 1 else None
    print(json.dumps(case), flush=True)


def loaded(path):
    with open(path, "rb") as file:
        tensor = onnx.TensorProto.FromString(file.read())
    return numpy_helper.to_array(tensor)


for suite in ("pytorch-converted", "pytorch-operator"):
    for case in sorted(glob.glob(os.path.join(data, suite, "*"))):
        file = os.path.join(case, "model.onnx")
        if not os.path.exists(file):
            continue
        model = onnx.load(file)
        parts = []
        for kind, values in (("input", model.graph.input), ("output", model.graph.output)):
            files = sorted(glob.glob(os.path.join(case, "test_data_set_0", f"{kind}_*.pb")), key=lambda f: int(f.rsplit("_", 1)[1][:-3]))
            parts.append([loaded(path) for path in files])
        report(suite, os.path.basename(case), model, file, *parts)

from onnx.backend.test.case.node import collect_testcases  # noqa: E402

for case in collect_testcases(None):
    model = case.model
    if model is None or not case.data_sets:
        continue
    file = os.path.join(folder, f"{case.name}.onnx")
    onnx.save(model, file)
    inputs, outputs = case.data_sets[0]
    report("node", case.name, model, file, list(inputs), list(outputs))
