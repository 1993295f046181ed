"""For who works on the product, and no part of it: a server that reloads, and tells of each page what it asked."""
