"""DICOMweb (PS3.18): a server of it asked."""
