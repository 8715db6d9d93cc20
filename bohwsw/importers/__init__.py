"""Networks, machines and mappings from other tools' files.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

_NAMES = {
    "timeloop.importing": "ImportedTimeloop import_timeloop",
    "timeloop.place": "NotModelled",
    "transformer_sizes": "from_sizes",
    "timeloop.written": "mapped_data model_data space_data write_imported",
}

__getattr__, __dir__, __all__ = lazy_face(__name__, _NAMES)
