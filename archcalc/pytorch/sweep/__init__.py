"""Measuring variants of a sweep, wherever its executor has a device; torch is not imported here."""
