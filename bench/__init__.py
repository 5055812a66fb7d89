"""Measurements that the documents state; each prints what it measured and fails where a figure is not reached."""
