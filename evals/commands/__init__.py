"""The commands of `evals`, by what they are about. Each imports what takes long only when it runs."""
