"""Several processes that ask one model each, on this machine or on a Ray cluster, behind one provider."""
