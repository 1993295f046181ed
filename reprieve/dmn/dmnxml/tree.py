"""From the bytes of a file to its elements, each with its line. Trusts nothing that it reads."""

import io
from dataclasses import dataclass, field
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesNSImpl, InputSource

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from reprieve.dmn.dmnxml.problems import DmnError, FileProblem
from reprieve.dmn.dmnxml.vocabulary import MODEL_NAMESPACES, OURS

MAX_BYTES = 2_000_000
"""Enough for a thousand rows of a dozen columns."""
_MAX_DEPTH = 60


@dataclass(slots=True)
class Node:
    """An element. Names of the model's namespace stand alone; those of another are written `{namespace}name`.

    `attributes` holds those without a namespace by their names, and ours as `reprieve:name`; others are left out.
    """

    name: str
    line: int
    attributes: dict[str, str]
    children: list["Node"] = field(default_factory=list)
    text: str = ""

    def child(self, name: str) -> "Node | None":
        return next((child for child in self.children if child.name == name), None)

    def each(self, name: str) -> "list[Node]":
        return [child for child in self.children if child.name == name]

    def ours(self, name: str) -> str | None:
        """What Reprieve itself wrote there under that name."""
        return self.attributes.get(f"reprieve:{name}")

    @property
    def id(self) -> str | None:
        return self.attributes.get("id") or None


def parse(data: bytes) -> Node:
    """The `definitions` of a DMN file.

    Raises:
        DmnError: too long, too deep, no XML, a DTD or entities in it, or no DMN 1.1 to 1.5.
    """
    if len(data) > MAX_BYTES:
        raise _refusal(0, f"The file has more than {MAX_BYTES:,} bytes", "import its tables from several files")
    parser = DefusedExpatParser(1, forbid_dtd=True)
    builder = _Builder(parser)
    parser.setContentHandler(builder)
    source = InputSource()
    source.setByteStream(io.BytesIO(data))
    try:
        parser.parse(source)
    except DmnError:
        raise
    except DefusedXmlException as error:
        hint = "remove <!DOCTYPE …>: a decision table needs none, and it could read other files"
        raise _refusal(parser.getLineNumber() or 1, "The file declares a document type or entities", hint) from error
    except SAXParseException as error:
        message = f"This is no XML: {error.getMessage()}"
        raise _refusal(error.getLineNumber() or 1, message, "export the table anew as DMN") from error
    except (SAXException, LookupError, ValueError) as error:
        raise _refusal(1, "The file's encoding is not understood", "save it as UTF-8") from error
    if builder.root is None:
        raise _refusal(0, "The file is empty", "export the table anew as DMN")
    return builder.root


class _Builder(ContentHandler):
    """Builds the tree; refuses at once what is no DMN or too deep."""

    def __init__(self, parser: DefusedExpatParser) -> None:
        super().__init__()
        self.parser = parser
        self.root: Node | None = None
        self.namespace = ""
        self.open: list[Node] = []
        self.texts: list[list[str]] = []

    def startElementNS(  # noqa: N802 the parser calls it so
        self,
        name: tuple[str | None, str],
        qname: str | None,  # noqa: ARG002 the parser gives it
        attrs: AttributesNSImpl,
    ) -> None:
        namespace, local = name
        line = self.parser.getLineNumber() or 0
        if self.root is None:
            self.namespace = _model_namespace(namespace, local, line)
        if len(self.open) >= _MAX_DEPTH:
            raise _refusal(line, f"Elements are nested more than {_MAX_DEPTH} deep", "export the table anew as DMN")
        node = Node(local if namespace == self.namespace else f"{{{namespace}}}{local}", line, _attributes(attrs))
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)
        self.texts.append([])

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: ARG002, N802
        self.open.pop().text = "".join(self.texts.pop())

    def characters(self, content: str) -> None:
        self.texts[-1].append(content)


def _model_namespace(namespace: str | None, local: str, line: int) -> str:
    if namespace in MODEL_NAMESPACES and local == "definitions":
        return namespace
    known = ", ".join(MODEL_NAMESPACES.values())
    what = f"{local} of {namespace}" if namespace else local
    raise _refusal(line, f"This is no DMN that is understood, but {what}", f"export it as DMN {known}")


def _attributes(attrs: AttributesNSImpl) -> dict[str, str]:
    prefixes = {None: "", OURS: "reprieve:"}
    return {prefixes[key[0]] + key[1]: value for key, value in attrs.items() if key[0] in prefixes}


def _refusal(line: int, message: str, hint: str) -> DmnError:
    return DmnError([FileProblem(line, "", None, message, hint)])
