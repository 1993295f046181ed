"""The words of DMN files: namespaces, types, and what each element that is not read would have meant."""

from reprieve.dmn.values import ValueType

MODEL_NAMESPACES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "1.1",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "1.2",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "1.3",
    "https://www.omg.org/spec/DMN/20211108/MODEL/": "1.4",
    "https://www.omg.org/spec/DMN/20230324/MODEL/": "1.5",
}
MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"
DIAGRAM = "https://www.omg.org/spec/DMN/20191111/DMNDI/"
SHAPES = "http://www.omg.org/spec/DMN/20180521/DC/"
LINES = "http://www.omg.org/spec/DMN/20180521/DI/"
OURS = "urn:reprieve:dmn"
"""Attributes of this namespace say what DMN has no word for: clocks, names and ids that are no XML names, …"""
TABLES = "urn:reprieve:tables"

TYPE_NAMES = {
    ValueType.STRING: "string",
    ValueType.NUMBER: "number",
    ValueType.BOOLEAN: "boolean",
    ValueType.DATE: "date",
    ValueType.TIME: "time",
    ValueType.DATE_TIME: "dateTime",
    ValueType.DURATION: "dayTimeDuration",
}
TYPES = {name: value_type for value_type, name in TYPE_NAMES.items()} | {
    "date and time": ValueType.DATE_TIME,
    "days and time duration": ValueType.DURATION,
    "integer": ValueType.NUMBER,
    "long": ValueType.NUMBER,
    "double": ValueType.NUMBER,
    "decimal": ValueType.NUMBER,
}
INTEGER_TYPES = {"integer", "long"}
MONTH_TYPES = {"yearMonthDuration", "years and months duration"}

EXPRESSIONS = {
    "literalExpression": "a literal expression",
    "invocation": "an invocation of a function",
    "context": "a context",
    "relation": "a relation",
    "list": "a list",
    "functionDefinition": "a function",
    "conditional": "an if … then … else",
    "filter": "a filter",
    "for": "a loop",
    "every": "a quantified expression",
    "some": "a quantified expression",
}
UNSUPPORTED = {
    "import": ("The file imports another", "put the table and its types into one file"),
    "importedValues": ("The values stand in another file", "list them here"),
    "knowledgeRequirement": ("The decision calls a business knowledge model", "write its result as a fact or as rows"),
    "functionItem": ("The type is a function", "a column holds one value: use string, number, boolean, date or time"),
}
"""What would change an answer and is not understood: message and hint of its refusal."""
APART = {
    "businessKnowledgeModel": "business knowledge model",
    "decisionService": "decision service",
    "decision": "decision",
}
"""What stands beside the chosen decision and does nothing for it."""
DOCUMENTATION = {
    "allowedAnswers", "artifact", "association", "authorityRequirement", "businessContextElement", "decisionMaker",
    "decisionOwner", "description", "elementCollection", "group", "impactedPerformanceIndicator", "knowledgeSource",
    "organizationUnit", "organisationUnit", "performanceIndicator", "question", "supportedObjective", "textAnnotation",
    "usingProcess", "usingTask",
}  # fmt: skip
"""What explains a decision and changes no answer."""
