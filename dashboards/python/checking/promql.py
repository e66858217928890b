"""As much of PromQL as it takes to see which metrics and labels an expression uses. Prometheus checks the rest."""

import dataclasses
import re

_TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<duration>\[[^\]]*\])
      | (?P<number>(?<![\w:])\d[\w.]*)
      | (?P<variable>\$\w+)
      | (?P<word>[A-Za-z_:][\w:]*)
      | (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^(){},=<>@])
      | (?P<space>\s+)""",
    re.VERBOSE,
)
_GROUPING = {"by", "without", "on", "ignoring", "group_left", "group_right"}
_WORDS = {"and", "or", "unless", "bool", "offset", "start", "end", "inf", "nan", "Inf", "NaN"}


@dataclasses.dataclass(frozen=True)
class Selector:
    metric: str
    labels: tuple
    text: str


def _tokens(expression):
    position = 0
    while position < len(expression):
        match = _TOKEN.match(expression, position)
        if not match:
            raise ValueError(f"cannot read: {expression[position:position + 40]}")
        position = match.end()
        if match.lastgroup != "space":
            yield match.lastgroup, match.group()


def parse(expression):
    """(selectors, labels that are grouped or matched by)."""
    tokens = [*_tokens(expression), ("end", "")]
    selectors, grouped, index = [], set(), 0
    while tokens[index][0] != "end":
        kind, text = tokens[index]
        following = tokens[index + 1][1]
        index += 1
        if kind != "word":
            continue
        if text in _GROUPING:
            if following == "(":
                while tokens[index][1] != ")":
                    if tokens[index][0] == "word":
                        grouped.add(tokens[index][1])
                    index += 1
        elif text not in _WORDS and following != "(" and not (following in _GROUPING):
            labels, whole = [], text
            if following == "{":
                while tokens[index][1] != "}":
                    if tokens[index][0] == "word":
                        labels.append(tokens[index][1])
                    whole += tokens[index][1]
                    index += 1
                whole += "}"
            selectors.append(Selector(text, tuple(labels), whole))
    return selectors, grouped
