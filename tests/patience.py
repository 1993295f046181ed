"""How long tests wait for what has to come. A loaded machine is slow, not wrong: giving up early finds no bug."""

PATIENCE = 300.0  # seconds, for another process, thread or server
AT_A_PAGE = 60_000.0  # milliseconds, for what has to show in a browser: there a failed test waits as long
