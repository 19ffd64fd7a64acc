"""Intake: receive, read, check, land."""
