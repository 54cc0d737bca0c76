"""Small faulty fleets, one fault each, and beside each one a near miss that is none.

A module for each group of codes, with its `FAULTS`; tests/unit/test_faults.py asks `check` of all.
"""
