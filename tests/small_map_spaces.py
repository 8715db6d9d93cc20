"""The former place of `bohwsw.testing.small_map_spaces`, for tests that are being moved."""

from bohwsw.testing.small_map_spaces import *  # noqa: F403
