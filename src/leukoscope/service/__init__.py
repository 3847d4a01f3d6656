"""WHAT DO USERS ASK FOR?  Use cases and ports; no HTTP, no SQL."""
