"""Facts: what can be wrong, each named once and of one of eight kinds."""

from .access import *
from .images import *
from .kinds import *
from .models import *
from .network import *
from .reader_studies import *
from .readings import *
from .storage import *
