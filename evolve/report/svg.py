"""Make an SVG document fit into a page: no clashing names, colours as CSS variables."""

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

_DROPPED = {"metadata", "style"}
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def inline(document: str, name: str, title: str, colours: Mapping[str, str]) -> str:
    """Turn a document of ours into an element for HTML.

    Parameters
    ----------
    name
        Unique on the page; prefixes every id, so that charts cannot mix up parts.
    title
        What the picture shows, for those who cannot see it.
    colours
        Hexadecimal colours by the name of the CSS variable that replaces them.
    """
    root = ET.fromstring(document)  # noqa: S314  # written by us a moment ago
    variables = {value: f"var(--{key}, {value})" for key, value in colours.items()}
    for element in root.iter():
        element.tag = _local(element.tag)
        attributes = {
            _local(key): _localised(_local(key), value, name, variables)
            for key, value in element.attrib.items()
        }
        element.attrib.clear()
        element.attrib.update(attributes)
        for child in [c for c in element if _local(c.tag) in _DROPPED]:
            element.remove(child)
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.set("role", "img")
    heading = ET.Element("title")
    heading.text = title
    root.insert(0, heading)
    return ET.tostring(root, encoding="unicode")


def _localised(key: str, value: str, name: str, variables: Mapping[str, str]) -> str:
    if key == "id":
        return f"{name}-{value}"
    if key == "href":
        return f"#{name}-{value.removeprefix('#')}"
    value = _REFERENCE.sub(rf"url(#{name}-\1)", value)
    for colour, variable in variables.items():
        value = value.replace(colour, variable)
    return value


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
