"""Facts: what can be wrong, each named once and of one of eight kinds."""

from scarmass.domain.errors.access import *
from scarmass.domain.errors.images import *
from scarmass.domain.errors.kinds import *
from scarmass.domain.errors.models import *
from scarmass.domain.errors.network import *
from scarmass.domain.errors.reader_studies import *
from scarmass.domain.errors.readings import *
from scarmass.domain.errors.storage import *
