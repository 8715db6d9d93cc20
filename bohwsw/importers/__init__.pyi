from bohwsw.importers.timeloop.importing import ImportedTimeloop as ImportedTimeloop
from bohwsw.importers.timeloop.importing import import_timeloop as import_timeloop
from bohwsw.importers.timeloop.place import NotModelled as NotModelled
from bohwsw.importers.timeloop.written import mapped_data as mapped_data
from bohwsw.importers.timeloop.written import model_data as model_data
from bohwsw.importers.timeloop.written import space_data as space_data
from bohwsw.importers.timeloop.written import write_imported as write_imported
from bohwsw.importers.transformer_sizes import from_sizes as from_sizes
