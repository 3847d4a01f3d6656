"""HOW IS IT DRAWN?  Figures for pages and papers: the one home of matplotlib, without a screen and without state.

Every figure names its axes and says how many pictures stand behind it; classes differ by color and by mark or hatch.
"""
