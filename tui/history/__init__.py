"""Conversations of before."""
