"""HOW IS IT TOLD?  Result to JSON, CSV, HTML."""
