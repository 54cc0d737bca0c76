"""Conditions of a promotion, one file each."""
