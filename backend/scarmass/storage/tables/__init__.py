"""The tables. Column names are the words of the REST contract."""

from .access import *
from .audit import *
from .base import *
from .deletions import *
from .images import *
from .installations import *
from .network import *
from .promotions import *
from .reader_studies import *
from .readings import *
