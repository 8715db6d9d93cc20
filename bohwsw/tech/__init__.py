"""Energy and area per action, as a function of size, width and node.

``technology`` holds the protocol and its values, ``catalogue`` finds a technology by its name,
``combined`` joins the energy of one with the area of another. The models themselves are ``pat``,
``eyeriss65`` and ``cacti``; docs/technology.md compares them and names every source.
"""
