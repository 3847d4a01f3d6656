"""WHAT DO RESEARCHERS ASK FOR?  Training runs; thin."""
