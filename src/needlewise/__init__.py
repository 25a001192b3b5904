"""needlewise: an honest comparison of needling options for back pain."""
