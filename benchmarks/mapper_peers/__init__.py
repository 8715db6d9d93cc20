"""Our mapper beside ZigZag's and AccelForge's, on the same machine and layers.

Both are installed apart, each in an environment of its own:

- ZigZag (Mei et al., IEEE Trans. Computers 2021; LOMA: Symons et al., AICAS 2021): ``zigzag-dse``
  and ``six``, which it imports but does not ask for.
- AccelForge (the Accelergy project): ``accelforge``; what it depends on needs Python 3.12.

Then, from this project's environment::

    python -m benchmarks.mapper_peers --zigzag-python PATH --accelforge-python PATH --json

A peer without an interpreter is left out. The drivers run under the peer's interpreter, do not
import this project, and get the machine as JSON: our capacities, bandwidths and energies per access
(``problem.py``). ``translation.py`` turns what they find into our terms, so that all are judged by
one cost model. What the tools see differently in the machine:

- Both have a tile of its own for each data space in a shared memory. That is a larger map space
  than ours and could be better; it is translated exactly. One thing has no place in our nests: a
  scratchpad's tile that outlives a tile of the global buffer. It is then cut, and a note says so.
- ZigZag has no reuse of overlapping input tiles from one step to the next. What the global buffer
  passes by is part of its machine, so seven machines are tried, each with something in the buffer;
  scratchpads always keep their data. Its generated spatial mappings have factors that divide the
  side of the array or, where that is smaller, the dimension; what does not divide the dimension
  gives imperfect factors, which our simulator has too. Its latency has filling and emptying the
  chip besides, and stalls where a memory is too full to be filled ahead. Energy is pro rata by
  word, and a word of the innermost memories is read at each operation, as by our rules (its option
  to count repeated reads once is off).
- AccelForge counts nearly as we do. The tiles in a PE nest in the order in which the machine names
  its scratchpads, which decides what is kept across which loop; other orders are other machines,
  tried in turn. A search for EDP over everything that our map space has takes hours on a layer of
  six dimensions, returns nothing before it has ended, and its own time limit ends the process:
  ``accelforge_driver.py`` says what is held fixed to make a search end, if it does. Imperfect
  factors, which it has for K, C and N only, are off. The utilisation by its own model is that of
  its nest, without waiting for memories.

A peer that has not ended a minute after its budget is stopped.
"""
