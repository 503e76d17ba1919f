"""A training step of a LLaVA-like model in plain PyTorch: the peer that TrainMm's steps are timed against.

Usage: llava.py FOLDER plain|tuned. FOLDER holds model.safetensors (weights and one batch) and case.json (sizes).
Prints "ready", then for each line on the standard input takes one step and prints its seconds and its loss.

plain  as LLaVA computes it: the whole encoder, logits of every position in fp32, the loss masked afterwards.
tuned  what an attentive user changes: the encoder ends at the selected layer, logits of supervised positions alone,
       the optimiser's operators on lists of tensors.

Both take their operators one by one as Hugging Face's eager models do, share masks and angles between layers, keep frozen
weights in the case's type and trained ones in fp32, and need no gradient of what is frozen.
"""
import json
import math
import resource
import struct
import sys
import time

import torch
from torch.nn import functional as F

TYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "I64": torch.int64}


def read_safetensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        header.pop("__metadata__", None)
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = TYPES[entry["dtype"]]
        count = (end - begin) // torch.empty(0, dtype=dtype).element_size()
        tensors[name] = torch.frombuffer(data, dtype=dtype, count=count, offset=begin).reshape(entry["shape"]).clone()
    return tensors


class Part:
    """The tensors below a prefix; linear layers may have a LoRA beside them."""

    def __init__(self, tensors, prefix, scale=0.0):
        self.tensors, self.prefix, self.scale = tensors, prefix, scale

    def child(self, name):
        return Part(self.tensors, f"{self.prefix}{name}.", self.scale)

    def get(self, name):
        return self.tensors.get(self.prefix + name)

    def linear(self, name, x):
        weight, bias = self.get(name + ".weight"), self.get(name + ".bias")
        y = F.linear(x, weight.to(x.dtype), None if bias is None else bias.to(x.dtype))
        down, up = self.get(name + ".lora_A.weight"), self.get(name + ".lora_B.weight")
        if down is None:
            return y
        return y + F.linear(F.linear(x, down.to(x.dtype)), up.to(x.dtype)) * self.scale

    def layer_norm(self, name, x):
        weight = self.get(name + ".weight")
        return F.layer_norm(x, weight.shape, weight, self.get(name + ".bias"), 1e-5)


def split(x, heads):
    return x.view(x.shape[0], x.shape[1], heads, -1).transpose(1, 2)


def join(x):
    return x.transpose(1, 2).reshape(x.shape[0], x.shape[2], -1)


def encoder_layer(part, x, heads):
    h = part.layer_norm("layer_norm1", x)
    attention = part.child("self_attn")
    q, k, v = (split(attention.linear(name, h), heads) for name in ("q_proj", "k_proj", "v_proj"))
    weights = torch.matmul(q * (q.shape[-1] ** -0.5), k.transpose(2, 3)).softmax(-1)
    x = x + attention.linear("out_proj", join(torch.matmul(weights, v)))
    h = part.child("mlp").linear("fc1", part.layer_norm("layer_norm2", x))
    return x + part.child("mlp").linear("fc2", h * torch.sigmoid(1.702 * h))


@torch.no_grad()
def encode(tensors, case, tuned):
    part = Part(tensors, "image.encoder.vision_model.")
    embeddings = part.child("embeddings")
    kernel = embeddings.get("patch_embedding.weight")
    patches = F.conv2d(tensors["pixels"].to(kernel.dtype), kernel, stride=kernel.shape[-1]).flatten(2).transpose(1, 2)
    first = embeddings.get("class_embedding").expand(patches.shape[0], 1, -1)
    x = torch.cat([first, patches], 1) + embeddings.get("position_embedding.weight")
    x = part.layer_norm("pre_layrnorm", x)
    depth = case["encoder_depth"]
    for i in range(depth):
        x = encoder_layer(part.child(f"encoder.layers.{i}"), x, case["encoder_heads"])
    if not tuned:
        for _ in range(case["encoder_layers"] - depth):
            encoder_layer(part.child(f"encoder.layers.{depth - 1}"), x, case["encoder_heads"])
    return x[:, 1:]


def rms_norm(x, weight, epsilon):
    wide = x.float()
    wide = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + epsilon)
    return weight * wide.to(x.dtype)


def turn(x, cosine, sine):
    half = x.shape[-1] // 2
    return x * cosine + torch.cat([-x[..., half:], x[..., :half]], -1) * sine


def decoder_layer(part, x, mask, angles, case):
    heads = case["heads"]
    h = rms_norm(x, part.get("input_layernorm.weight"), 1e-6)
    attention = part.child("self_attn")
    q, k, v = (split(attention.linear(name, h), heads) for name in ("q_proj", "k_proj", "v_proj"))
    q, k = turn(q, *angles), turn(k, *angles)
    scores = torch.matmul(q, k.transpose(2, 3)) / math.sqrt(q.shape[-1]) + mask
    weights = F.softmax(scores, dim=-1, dtype=torch.float32).to(q.dtype)
    x = x + attention.linear("o_proj", join(torch.matmul(weights, v)))
    mlp = part.child("mlp")
    h = rms_norm(x, part.get("post_attention_layernorm.weight"), 1e-6)
    return x + mlp.linear("down_proj", F.silu(mlp.linear("gate_proj", h)) * mlp.linear("up_proj", h))


def decode(tensors, case, x):
    part = Part(tensors, "language_model.model.", case["lora_scale"])
    length, width = x.shape[1], x.shape[2] // case["heads"]
    frequencies = 1.0 / (10000.0 ** (torch.arange(0, width, 2).float() / width))
    angles = torch.outer(torch.arange(length).float(), frequencies)
    angles = torch.cat([angles, angles], -1)
    angles = (angles.cos().to(x.dtype), angles.sin().to(x.dtype))
    mask = torch.full((length, length), torch.finfo(x.dtype).min, dtype=x.dtype).triu(1)[None, None].expand(x.shape[0], 1, -1, -1)
    for i in range(case["layers"]):
        x = decoder_layer(part.child(f"layers.{i}"), x, mask, angles, case)
    return rms_norm(x, part.get("norm.weight"), 1e-6)


def loss_of(tensors, case, tuned):
    features = encode(tensors, case, tuned)
    projector = Part(tensors, "image.input_projector.")
    soft = projector.linear("linear_2", F.gelu(projector.linear("linear_1", features)))
    ids, labels = tensors["ids"], tensors["labels"]
    text = F.embedding(ids, tensors["language_model.model.embed_tokens.weight"])
    first = case["image_at"]
    x = torch.cat([text[:, :first], soft.to(text.dtype), text[:, first + soft.shape[1]:]], 1)
    hidden = decode(tensors, case, x)
    head = tensors["language_model.lm_head.weight"]
    hidden, targets = hidden[:, :-1], labels[:, 1:]
    if tuned:
        supervised = targets >= 0
        return F.cross_entropy(F.linear(hidden[supervised], head).float(), targets[supervised])
    logits = F.linear(hidden, head).float()
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), ignore_index=-100)


def main(folder, tuned):
    with open(folder + "/case.json", encoding="utf-8") as file:
        case = json.load(file)
    torch.set_num_threads(case["threads"])
    tensors = read_safetensors(folder + "/model.safetensors")
    trained = [tensors[name].requires_grad_() for name in case["trained"]]
    optimizer = torch.optim.AdamW(trained, lr=case["learning_rate"], weight_decay=0.0, foreach=tuned)
    print("ready", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        loss = loss_of(tensors, case, tuned)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        value = loss.item()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{time.perf_counter() - start:.6f} {value!r} {peak:.1f}", flush=True)


main(sys.argv[1], sys.argv[2] == "tuned")
