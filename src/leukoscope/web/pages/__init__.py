"""The pages people see; NiceGUI, everything from the wheel, no user text ever as HTML."""
