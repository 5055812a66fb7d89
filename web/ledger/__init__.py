"""Tokens: what a reply costs, who pays, and a ledger in which nothing is lost and nothing is charged twice."""
