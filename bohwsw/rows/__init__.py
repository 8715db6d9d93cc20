"""Spaces given as tables: a row is a design, a column a parameter, and there is nothing else.

Read from CSV, npz or Python, checked cell by cell, searched by any strategy.
"""

from bohwsw.rows.space import RowSpace as RowSpace
from bohwsw.rows.stored_table import table_from_data as table_from_data
from bohwsw.rows.stored_table import table_summary as table_summary
from bohwsw.rows.stored_table import table_to_data as table_to_data
from bohwsw.rows.table import RowTable as RowTable
