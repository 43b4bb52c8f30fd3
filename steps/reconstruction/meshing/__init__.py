"""From a cloud of oriented points to a clean triangle mesh: files, cropping, trimming, simplification."""
