"""HOW IS A PICTURE STORED?  Recognition by content, headers, limits, decoding; used by `imaging.reading` alone."""
