from bohwsw.plugins.accelforge import accelforge_files as accelforge_files
from bohwsw.plugins.timeloop_files import LINKS_OFF as LINKS_OFF
from bohwsw.plugins.timeloop_files import timeloop_files_of as timeloop_files_of
