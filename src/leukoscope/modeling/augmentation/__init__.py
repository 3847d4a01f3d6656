"""THE ONE AUGMENTATION: the same changes offline (`data augment`) and on the fly (`train`), as presets by name.

`steps` and `presets` say what is changed and need no torch; `on_the_fly` changes batches; `targets` moves boxes,
outlines and masks along.
"""
