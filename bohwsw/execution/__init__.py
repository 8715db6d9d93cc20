"""Where evaluations run: in this process, in a pool of processes, on Dask, in another program.

An evaluator turns parameters into an outcome; `run_asynchronously` keeps the workers of any
executor busy with evaluations; `WorkerPool` is an executor whose workers may die and be killed.
Nothing here knows where trials come from or where they are stored.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
__all__ = __dir__()
