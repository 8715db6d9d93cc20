"""Map one layer of your own onto Eyeriss and look at where the energy goes."""

import bohwsw

layer = bohwsw.Layer("my-conv", K=96, C=48, P=28, Q=28, R=5, S=5, stride_w=2, stride_h=2)
design = bohwsw.map_layer(layer, "eyeriss-168", gap=0.02)
evaluation = design.layers[0].evaluation

print(f"{evaluation.latency_cycles:,} cycles, {evaluation.utilisation:.0%} of the PEs busy")
print(f"MACs: {evaluation.mac_energy_pj / evaluation.energy_pj:.0%} of the energy")
for level in evaluation.levels:
    for data_space, traffic in level.data_spaces.items():
        share = traffic.energy_pj / evaluation.energy_pj
        print(f"{level.name:>10} {data_space:<8} {share:6.1%}  reads {traffic.reads:,}")
