# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""PyTorch: inference and training; eager, channels_last, compiled, and on CUDA in a graph; fp32, TF32, bf16.

A turn starts from prepared inputs where they are needed and leaves its result there; on CUDA it ends when the
device has finished. bf16 is autocast over fp32 weights. Training is forward, backward and one fused SGD step.
"""

import torch
import torch.nn.functional as F
from torch import nn

from contestant import Refused

VARIANTS = ("eager", "channels_last", "compiled", "cuda_graph")


def versions():
    return {"pytorch": torch.__version__}


class Net(nn.Module):
    """A native model's net up to its logits, with its weights."""

    def __init__(self, net, weights):
        super().__init__()
        self.layers = [layer for layer in net["layers"] if layer["type"] != "softmax"]
        self.dropout = True
        self.weights = nn.ParameterDict(
            {name.replace(".", "/"): nn.Parameter(torch.from_numpy(value.copy())) for name, value in weights.items()}
        )

    def forward(self, x):
        values = {"data": x}
        for layer in self.layers:
            values[layer["outputs"][0]] = self.apply_layer(layer, [values[name] for name in layer["inputs"]])
        return values[self.layers[-1]["outputs"][0]]

    def apply_layer(self, layer, inputs):
        x, a, kind = inputs[0], layer.get("attributes", {}), layer["type"]
        parameter = lambda name: self.weights[layer["name"] + "/" + name]
        if kind == "conv":
            return F.conv2d(
                x, parameter("weight"), parameter("bias"), a.get("stride", 1), a.get("pad", 0),
                groups=a.get("groups", 1),
            )
        if kind == "fc":
            return F.linear(x.flatten(1), parameter("weight"), parameter("bias"))
        if kind == "relu":
            return F.relu(x)
        if kind == "lrn":
            return F.local_response_norm(x, a.get("size", 5), a.get("alpha", 1.0), a.get("beta", 0.75), a.get("k", 1.0))
        if kind == "pool" and a.get("mode", "max") == "max" and not a.get("global", False):
            return F.max_pool2d(x, a["kernel"], a.get("stride", 1), a.get("pad", 0), ceil_mode=a.get("round", "up") == "up")
        if kind == "dropout":
            return F.dropout(x, a.get("ratio", 0.5), self.training and self.dropout)
        if kind == "concat":
            return torch.cat(inputs, 1)
        raise Refused(f"layer {layer['name']}: {kind} is not built for PyTorch here")


def configure(task):
    torch.set_num_threads(task.threads)
    if task.device == "cpu":
        if task.precision not in ("fp32", "bf16"):
            raise Refused(f"there is no {task.precision} on the CPU")
    elif not torch.cuda.is_available():
        raise Refused("this PyTorch sees no CUDA device")
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = task.precision == "tf32"


def multipliers(net):
    """(rate, decay) of each parameter, over the solver's."""
    return {
        layer["name"] + "/" + p["name"]: (p.get("rate_mult", 1), p.get("decay_mult", 1))
        for layer in net["layers"] for p in layer.get("params", [])
    }


def optimiser(task, net, module, rate):
    factors, groups = multipliers(net), {}
    for name, parameter in module.weights.items():
        groups.setdefault(factors.get(name, (1, 1)), []).append(parameter)
    return torch.optim.SGD(
        [
            {"params": parameters, "lr": rate * rates, "weight_decay": task.weight_decay * decays}
            for (rates, decays), parameters in groups.items()
        ],
        lr=rate, momentum=task.momentum, fused=True,
    )


def finished(task, run):
    """The run, ended when the device has finished it."""
    if task.device == "cpu":
        return run

    def both():
        result = run()
        torch.cuda.synchronize()
        return result

    return both


def captured(run):
    """The run as a CUDA graph, captured after the warm-up that capturing asks for."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        result = run()

    def replay():
        graph.replay()
        return result

    return replay


def prepare(task, net, weights, inputs):
    if task.variant not in VARIANTS or (task.variant == "cuda_graph" and task.device == "cpu"):
        raise Refused(f"PyTorch has no variant {task.variant} on {task.device}")
    configure(task)
    module = Net(net, weights).to(task.device)
    data = torch.from_numpy(inputs["data"].copy()).to(task.device)
    if task.variant == "channels_last":
        module, data = module.to(memory_format=torch.channels_last), data.to(memory_format=torch.channels_last)
    # A graph must not be captured with weights that autocast has converted before.
    autocast = lambda: torch.autocast(
        task.device.split(":")[0], torch.bfloat16, enabled=task.precision == "bf16",
        cache_enabled=task.variant != "cuda_graph",
    )
    if task.train:
        labels = torch.from_numpy(inputs["labels"].copy()).long().to(task.device)
        return prepare_training(task, net, module, data, labels, autocast)
    return prepare_inference(task, module.eval(), data, autocast)


def prepare_inference(task, module, data, autocast):
    forward = torch.compile(module) if task.variant == "compiled" else module

    @torch.inference_mode()
    def run():
        with autocast():
            return torch.softmax(forward(data).float(), 1)

    if task.variant == "cuda_graph":
        run = captured(run)
    run = finished(task, run)
    return {"output": run().cpu().numpy()}, run


def prepare_training(task, net, module, data, labels, autocast):
    start = {name: p.detach().clone() for name, p in module.weights.items()}
    module.train()

    def loss_of(data, labels):
        with autocast():
            return F.cross_entropy(module(data).float(), labels)

    forward = torch.compile(loss_of) if task.variant == "compiled" else loss_of

    def step_of(solver):
        def step():
            # A graph replays into the gradients that it was captured with.
            solver.zero_grad(set_to_none=task.variant != "cuda_graph")
            loss = forward(data, labels)
            loss.backward()
            solver.step()
            return loss

        return step

    module.dropout = False
    step = finished(task, step_of(optimiser(task, net, module, task.rate)))
    step()
    loss = step()
    answer = {"loss": [loss.item()]}
    answer.update({name.replace("/", "."): p.detach().cpu().numpy().copy() for name, p in module.weights.items()})

    module.dropout = True
    with torch.no_grad():
        for name, p in module.weights.items():
            p.copy_(start[name])
            p.grad = None
    # Noise teaches nothing, and must not make weights grow either.
    step = step_of(optimiser(task, net, module, 1e-6))
    return answer, finished(task, captured(step) if task.variant == "cuda_graph" else step)
