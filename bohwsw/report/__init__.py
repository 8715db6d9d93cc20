"""A stored study, a design or a comparison of two as one HTML file that needs nothing else.

``report_data`` gathers what there is to tell as plain data; ``report_page`` makes the page of it.

Each name is loaded when it is first used; `__init__.pyi` says their types.
"""

from bohwsw.lazy_face import lazy_face

__getattr__, __dir__ = lazy_face(__name__, __file__)
__all__ = __dir__()
