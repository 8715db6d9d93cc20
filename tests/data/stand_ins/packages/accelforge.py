"""Stands in for AccelForge: reads the same files and answers with what is easy to check by hand.

Energy: words of each stored tile times the price of a write there, added up, and the operations.
Cycles: the product of all loops in time. The environment variable STAND_IN_FAULT makes it go wrong.
"""

import math
import os
import re
import time

import yaml

N_PARALLEL_JOBS = None


class InvalidMappingError(Exception):
    pass


class Loader(yaml.SafeLoader):
    """A node is a pair of its tag and its entries."""


Loader.add_multi_constructor(
    "!", lambda loader, tag, node: (tag, loader.construct_mapping(node, True))
)


class Found:
    def __init__(self, energy, latency):
        self.energy = lambda: energy
        self.latency = lambda: latency


class Spec:
    def __init__(self, data):
        self.data = data

    @classmethod
    def from_yaml(cls, *paths):
        data = {}
        for path in paths:
            data.update(yaml.load(path.read_text(), Loader))
        return cls(data)

    def evaluate_mapping(self):
        assert N_PARALLEL_JOBS == 1
        print("what is printed here is no answer")
        if os.environ.get("STAND_IN_FAULT") == "raise":
            raise RuntimeError("nobody knows why")
        if os.environ.get("STAND_IN_FAULT") == "hang":
            time.sleep(60)
        sizes = self.data["workload"]["rank_sizes"]
        machine = {entries["name"]: entries for _, entries in self.data["arch"]["nodes"]}
        order = list(machine)
        left, cycles, energy, filled, reached = dict(sizes), 1, 0.0, {}, 0
        for tag, node in self.data["mapping"]["nodes"]:
            if tag == "Storage":
                name = node["component"]
                assert order.index(name) >= reached
                words = sum(self.words(tensor, left) for tensor in node["tensors"])
                write, bits = machine[name]["actions"][1], machine[name]["bits_per_value"]["All"]
                price = write["energy"] * float(machine[name]["energy_scale"])
                energy += words * bits * price / write["bits_per_action"]
                filled[name] = filled.get(name, 0) + words * bits
                if filled[name] > float(machine[name]["size"]):
                    raise InvalidMappingError(f"{filled[name]} bits in {name}")
            elif tag in ("Temporal", "Spatial"):
                dim = node["rank_variable"].upper()
                steps, rest = divmod(left[dim], node["tile_shape"])
                assert steps > 1
                assert rest == 0
                left[dim] = node["tile_shape"]
                if tag == "Temporal":
                    cycles *= steps
                else:
                    self.spread(machine[node["component"]], node["name"], steps)
                    reached = order.index(node["component"])
        assert all(left[dim] == 1 for dim in "NKCPQRSG"), left
        macs = math.prod(sizes[dim] for dim in "NKCPQRSG")
        mac = machine["MAC"]
        energy += macs * mac["actions"][0]["energy"] * float(mac["energy_scale"])
        return Found(energy, cycles)

    def words(self, tensor, left):
        """Words of a tile; the box around it, where two dimensions share an axis."""
        accesses = self.data["workload"]["einsums"][0]["tensor_accesses"]
        (axes,) = (a["projection"].values() for a in accesses if a["name"] == tensor)
        terms = [re.findall(r"(?:(\d+) \* )?([a-z])", axis) for axis in axes]
        return math.prod(1 + sum(int(n or 1) * (left[d.upper()] - 1) for n, d in t) for t in terms)

    def spread(self, container, name, steps):
        (axis,) = (axis for axis in container["spatial"] if axis["name"] == name)
        axis["fanout"] /= steps
        if axis["fanout"] < 1:
            raise InvalidMappingError(f"too many instances along {name}")


def set_n_parallel_jobs(n):
    global N_PARALLEL_JOBS
    N_PARALLEL_JOBS = n
