"""Examination and constraints to a plan that the practitioner confirms."""
