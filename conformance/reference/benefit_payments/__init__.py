"""Benefit payments (給付金支給): its records, its rules, and one module for each family of operations."""
