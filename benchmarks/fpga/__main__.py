"""``python -m benchmarks.fpga``: all parts, and the page."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmarks.command import Log, Results, heading, run_command, table
from benchmarks.fpga import hao
from benchmarks.fpga.hotnas import TARGET_MS, resnet18
from benchmarks.fpga.joint_modes import modes
from benchmarks.fpga.models import MOST_LUTS, logged_layers, partitions, whole_networks
from benchmarks.provenance import head


def run(quick: bool, log: Log) -> Results:
    """All parts."""
    results: Results = {
        **head("fpga", quick),
        "logged": logged_layers(),
        "partitions": partitions(10 if quick else 100),
        "long_partitions": partitions(1 if quick else 10, 7, 8, 2),
        "networks": whole_networks(),
    }
    log("partitions are done")
    results["resnet18"] = resnet18(quick)
    log("ResNet-18 is done")
    results["hao_enumerated"] = hao.enumerated(quick)
    results["hao"] = hao.beside_others(quick, log)
    return {**results, "modes": modes(quick, log)}


def markdown(results: Results) -> str:
    """The results as a page."""
    return (
        heading("FPGA resources and cycles", results)
        + _models(results)
        + _resnet18(results)
        + _hao(results)
        + _modes(results)
    )


def _models(results: Results) -> str:
    logged, cut, long = (results[key] for key in ("logged", "partitions", "long_partitions"))
    columns = {"network": "network", "logged": "as logged|,.0f"}
    for most in MOST_LUTS:
        columns[f"images_{most}"] = f"{most:,} LUTs|,.0f"
        columns[f"groups_{most}"] = "groups"
    return (
        f"\n`lu2019` as published: {logged['equal']} of {logged['layers']} logged layers equal in "
        f"LUTs and cycles. Corrected, the LUTs of {logged['luts']} of them differ, and the cycles "
        f"of {logged['cycles']}.\n"
        f"\nPartitions into groups, with tiles, equal to brute force: of two to four layers "
        f"{cut['equal']} of {cut['instances']} ({cut['several']} of several groups), of seven or "
        f"eight with up to two maps {long['equal']} of {long['instances']} ({long['several']}).\n"
        "\nImages a second of the logged networks: as logged (100,000 LUTs, published model), and "
        "of the best partition on the corrected model:\n\n" + table(results["networks"], columns)
    )


def _resnet18(results: Results) -> str:
    columns = {
        "board": "board",
        "knobs": "network",
        "latency_ms": "ms at its clock|.2f",
        "least_ms": "on any engine|.2f",
        "longest": "longest layer there",
        "clock_mhz": "MHz|.0f",
        "mhz_for_target": f"MHz for {TARGET_MS:g} ms|.0f",
        "engine": "engine",
        "dsps": "DSPs",
        "bram18": "memories",
        "binds": "binds",
        "tried": "engines tried|.1%",
    }
    return (
        "\n## ResNet-18, HotNAS's knobs\n\n`hotnas2020`: the fastest engine of a fine grid, exact "
        "by bounds (Tm x Tn, Tr x Tc, words of the ports for weights, inputs, outputs), what binds "
        f"how many layers, and the clock at which {TARGET_MS:g} ms would be reached. Only channels "
        "run side by side, so that an engine of all channels at once still takes a cycle for each "
        "weight of a filter at each output: `on any engine`, in ms.\n\n"
        + table(results["resnet18"], columns)
    )


def _hao(results: Results) -> str:
    own = results["hao_enumerated"]
    columns = {
        "strategy": "strategy",
        "found": "seeds with a valid design",
        "mean": "accuracy, mean %|.2f",
        "worst": "worst %|.2f",
        "valid": "valid trials|.0%",
        "seconds": "CPU-s a search|.1f",
    }
    limits = ", ".join(f"{name} {value:,.0f}" for name, value in hao.LIMITS.items())
    return (
        f"\n## HAO: the hardware of each network, exactly\n\nFor {own['equal']} of "
        f"{own['networks']} networks of {hao.MODEL} the engine found is the best of all "
        f"{own['engines']:,} of a space "
        f"({own['none']} have none within the limits), in {own['exact_seconds']:.3f} for "
        f"{own['every_seconds']:.1f} CPU-s. As a strategy on a larger space ({limits}), "
        f"{hao.TRIALS} trials, {hao.SEEDS} seeds; the optimum of all networks without limits is "
        f"99.32 %:\n\n" + table(results["hao"], columns)
    )


def _modes(results: Results) -> str:
    columns = {
        "limits": "limits",
        "images_per_s": "images/s|,.0f",
        "keep": "networks within|.0%",
        "method": "method",
        "valid": "seeds with a valid design",
        "mean": "accuracy, mean %|.2f",
        "worst": "worst %|.2f",
        "optimum": "best there is %|.2f",
    }
    return (
        "\n## Networks, bits and tiles together\n\ndigits-cnn on `lu2019`, 30,000 LUTs, accuracies "
        "of real training and rounding after it, equal numbers of trials:\n\n"
        + table(results["modes"], columns)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    return run_command("fpga", "FPGA models and searches beside others", run, markdown, arguments)


if __name__ == "__main__":
    sys.exit(main())
