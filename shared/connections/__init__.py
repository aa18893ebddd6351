"""Connections: one Azure DevOps organisation each, with its credential and its defaults."""
