"""Tests run side by side, and threads of arithmetic that wait for a processor burn the time of others."""

import os

# Before numpy, torch, and every process that a test starts: one thread each.
os.environ["OMP_NUM_THREADS"] = "1"
