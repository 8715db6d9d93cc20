from bohwsw.certificate.headroom import least_for_networks as least_for_networks
from bohwsw.certificate.headroom import least_of_space as least_of_space
from bohwsw.certificate.headroom import require_boundable as require_boundable
from bohwsw.certificate.space_bound import BoundProgress as BoundProgress
from bohwsw.certificate.space_bound import SpaceBound as SpaceBound
