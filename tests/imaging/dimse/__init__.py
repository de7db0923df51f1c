"""DIMSE against independent tools and against peers that behave badly."""
