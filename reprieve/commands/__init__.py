"""The command-line door: `reprieve orders import`, `reprieve staff add`, `reprieve serve`."""
