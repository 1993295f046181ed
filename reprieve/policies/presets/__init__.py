"""Rules as data files: the sets that are shipped, one folder each, and how any such file is read and written."""
