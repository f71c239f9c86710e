"""Development tools of the Makefile; the application does not import them."""
