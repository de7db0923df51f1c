"""The tables. Column names are the words of the REST contract."""

from scarmass.storage.tables.access import *
from scarmass.storage.tables.audit import *
from scarmass.storage.tables.base import *
from scarmass.storage.tables.deletions import *
from scarmass.storage.tables.images import *
from scarmass.storage.tables.network import *
from scarmass.storage.tables.reader_studies import *
from scarmass.storage.tables.readings import *
