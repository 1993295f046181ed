"""How the product is put together and run: settings, URLs, server entry points, the console script."""
