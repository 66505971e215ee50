"""Mirrors the tree one to one."""
