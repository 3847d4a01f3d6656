"""HOW GOOD IS IT?  Pure functions: metrics, intervals, calibration, thresholds."""
