from bohwsw.tech.catalogue import (
    register_technology as register_technology,
)
from bohwsw.tech.catalogue import (
    technology_names as technology_names,
)
from bohwsw.tech.technology import (
    MacCost as MacCost,
)
from bohwsw.tech.technology import (
    StorageCost as StorageCost,
)
from bohwsw.tech.technology import (
    StorageKind as StorageKind,
)
from bohwsw.tech.technology import (
    StorageShape as StorageShape,
)
from bohwsw.tech.technology import (
    Technology as Technology,
)
from bohwsw.tech.technology import (
    check_amount as check_amount,
)
from bohwsw.tech.technology_file import (
    TechnologySpec as TechnologySpec,
)
from bohwsw.tech.technology_file import (
    technology_of as technology_of,
)
