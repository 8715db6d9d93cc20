"""What is designed and how: spaces of machines, problems, designs with their figures, recipes.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

_NAMES = {
    "design": "Design",
    "plain_data": "design_data rejection_data",
    "design_file": "design_from_dict load_design save_design",
    "figures": "FIGURES Figure figure_of mapped_for read_objectives register_figure",
    "hardware_space": "Hardware HardwareSpace load_space space_from_dict",
    "headroom": "least_for_networks least_of_space require_boundable",
    "cycles_feature": "LN_LEAST_CYCLES least_cycles",
    "limits": "limited over_limits",
    "machine_variants": "Answer Variant WhatIfs what_if",
    "mapped_network": "MappedLayer MappedNetwork Rejection UnmappedLayer",
    "mapping_data": "mappings_data mappings_of",
    "network_mapper": "MappingInterrupted NetworkMapper",
    "networks": "Models Networks networks_of",
    "problem": "Problem",
    "several_cores": "scheduled_design",
    "recipe": "FirstLook Opening Recipe best_recipe named_recipe paper_recipe",
    "space_spec": "SpaceSpec",
}

__getattr__, __dir__, __all__ = lazy_face(__name__, _NAMES)
