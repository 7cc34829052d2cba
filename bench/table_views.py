# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Rows of records as Markdown. Standard library only."""

import string

NAMES = {
    "emulsion": "Emulsion", "emulsion_untuned": "untuned", "onnxruntime": "ONNX Runtime", "opencv": "OpenCV", "pytorch": "PyTorch",
    "channels_last": "channels_last", "compiled": "compiled", "cuda_graph": "CUDA graph", "eager": "",
}
SCALES = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}


class Unfit(Exception):
    """A template that does not fit the rows; the message is one line."""


class Template(string.Formatter):
    """str.format over a row: {batch}, {milliseconds:.1f}, {part_of_peak:.0%}; a k, M, G or T before the
    format divides: {flop_per_second:G.1f}."""

    def get_field(self, name, args, row):
        return row[name], name  # a key as it is: nothing is looked up inside it

    def format_field(self, value, spec):
        try:
            if spec[:1] in SCALES:
                value, spec = value / SCALES[spec[0]], spec[1:]
            return format(value, spec)
        except (TypeError, ValueError):
            raise Unfit(f"{value!r} cannot be shown as {spec!r}") from None

    def keys(self, text):
        try:
            return [field for _, field, _, _ in self.parse(text) if field is not None]
        except ValueError as error:
            raise Unfit(f"{text!r}: {error}") from None


TEMPLATE = Template()


def show(text, row):
    """The template filled in; empty where the row lacks a key."""
    for key in TEMPLATE.keys(text):
        if row.get(key) is None:
            return ""
    return TEMPLATE.vformat(text, (), row)


def table(rows, columns):
    """Markdown of rows by columns "TITLE=TEMPLATE | TITLE=TEMPLATE". Raises Unfit."""
    titles, templates = [], []
    for column in columns.split("|"):
        title, equals, text = column.strip().partition("=")
        if not equals:
            raise Unfit(f"column {column.strip()!r} is not like TITLE={{key}}")
        for key in TEMPLATE.keys(text):
            if all(key not in row for row in rows):
                raise Unfit(f"no row has {{{key}}}")
        titles.append(title.strip())
        templates.append(text.strip())
    return markdown(titles, [[show(text, row) for text in templates] for row in rows])


def peers(rows):
    """Markdown of a record of kind peers: a line a case, a column a contestant; milliseconds, and how many
    times Emulsion's they are."""
    cases, contestants, cells, reasons = [], [], {}, []
    precisions = {row["precision"] for row in rows}
    nets = {row["net"] for row in rows}
    for row in rows:
        case = " ".join(
            [row["net"] + ":"] * (len(nets) > 1) + [f"{row['pass']}, batch {row['batch']}"]
            + ["in " + row["precision"]] * (len(precisions) > 1)
        )
        who = ", ".join(filter(None, (NAMES.get(row[key], row[key]) for key in ("contestant", "variant"))))
        cases += [case] * (case not in cases)
        contestants += [who] * (who not in contestants)
        cells[case, who] = "—"
        if row.get("milliseconds") is not None:
            cells[case, who] = milliseconds(row)
        elif row.get("failed") and row["failed"] not in reasons:
            reasons.append(row["failed"])
    lines = [[case] + [cells.get((case, who), "") for who in contestants] for case in cases]
    text = markdown([""] + contestants, lines)
    return text + (f"\n\n—: {'; '.join(reasons)}." if reasons else "")


def milliseconds(row):
    ms = row["milliseconds"]
    text = f"{ms:.{0 if ms >= 100 else 1 if ms >= 10 else 2}f} ms"
    return text if row["contestant"] == "emulsion" or "ratio" not in row else f"{text}, {row['ratio']:.2f}×"


def markdown(titles, lines):
    """Columns whose cells all begin with a digit, or are empty, are set to the right."""
    number = lambda cell: not cell or cell == "—" or cell.lstrip("-+")[:1].isdigit()
    rights = [all(number(line[i]) for line in lines) and any(line[i] for line in lines) for i in range(len(titles))]
    out = [titles, ["---:" if right else "---" for right in rights], *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in out)
