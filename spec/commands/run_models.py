"""Runs ONNX models in onnxruntime, for onnx.ts. Each input line is `{"model", "inputs": [{"shape", "file"}]}`. The
answer is one line: a list with one `{"shape", "file"}` per output, or `{"error"}`. Files hold float32, row by row.
"""

import json
import sys

import numpy as np
import onnxruntime

print(json.dumps({"version": onnxruntime.__version__}), flush=True)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
for line in sys.stdin:
    job = json.loads(line)
    try:
        session = onnxruntime.InferenceSession(job["model"], options, providers=["CPUExecutionProvider"])
        feeds = {
            slot.name: np.fromfile(given["file"], dtype=np.float32).reshape(given["shape"])
            for slot, given in zip(session.get_inputs(), job["inputs"], strict=True)
        }
        answer = []
        for i, output in enumerate(session.run(None, feeds)):
            file = f"{job['model']}.{i}"
            output.astype(np.float32).tofile(file)
            answer.append({"shape": output.shape, "file": file})
    except Exception as error:  # noqa: BLE001 - whatever it is, the line says so
        answer = {"error": str(error).replace("\n", " ")}
    print(json.dumps(answer), flush=True)
