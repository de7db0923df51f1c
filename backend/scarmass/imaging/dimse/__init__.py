"""DIMSE (PS3.7), the protocol that PACS and scanners speak: asked by DimseClient, answered by Listener.

pynetdicom would write to the log what goes over the wire, and patients with it; what is logged is said here, in words.
"""

import logging

from pydicom import config
from pynetdicom import _config

config.settings.reading_validation_mode = config.IGNORE

_config.LOG_HANDLER_LEVEL = "none"
_config.LOG_REQUEST_IDENTIFIERS = False
_config.LOG_RESPONSE_IDENTIFIERS = False
_config.STORE_SEND_CHUNKED_DATASET = True  # what lies in a file is sent as it is, neither decoded nor encoded again
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)
