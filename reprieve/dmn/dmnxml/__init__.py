"""The door to DMN files: `load` a table that another tool wrote, `dump` one that other tools open.

Reprieve imports and exports DMN decision tables whose cells are S-FEEL; it runs no other part of DMN.
"""

from reprieve.dmn.dmnxml.dump import dump
from reprieve.dmn.dmnxml.load import Loaded, load
from reprieve.dmn.dmnxml.problems import DmnError, FileProblem
from reprieve.dmn.dmnxml.tree import MAX_BYTES

__all__ = ["MAX_BYTES", "DmnError", "FileProblem", "Loaded", "dump", "load"]
