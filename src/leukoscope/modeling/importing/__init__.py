"""Models of others: what their owner states about them, and how their graph becomes one of ours."""
