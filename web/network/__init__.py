"""The network that a person's tools work on: public addresses, their own hosts, agents and scans."""
