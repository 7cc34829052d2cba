# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Rows of records as Markdown. Standard library only."""

import math
import string

NAMES = {
    "emulsion": "Emulsion", "emulsion_untuned": "untuned", "onnxruntime": "ONNX Runtime", "opencv": "OpenCV", "pytorch": "PyTorch",
    "channels_last": "channels_last", "compiled": "compiled", "cuda_graph": "CUDA graph", "eager": "",
}
PRECISIONS = ("fp32", "tf32", "3xtf32", "bf16")
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


def against(rows, folder):
    """Markdown of a record of kind kernels: a line a pass and layer, a column a precision and batch. A cell has how
    many times as long as the fastest of our CUDA kernels the fastest of `folder` took, and both times. Below
    each pass stand the geometric mean of these ratios and our worst layer. Raises Unfit."""
    times, reasons = fastest(rows, ("cuda", folder))
    cases = list(dict.fromkeys(case for (case, _), found in times.items() if folder in found))
    columns = sorted({column for _, column in times})
    several = len({net for _, net, _ in cases}) > 1
    name = lambda case: f"{case[1]} {case[2]}" if several else case[2]
    lines = []
    for operation in dict.fromkeys(case[0] for case in cases):
        here = [case for case in cases if case[0] == operation]
        cells = [[times.get((case, column), {}) for column in columns] for case in here]
        lines += [[operation, name(case)] + [beside(found, folder) for found in line] for case, line in zip(here, cells)]
        ratios = [{name(case): line[i][folder] / line[i]["cuda"] for case, line in zip(here, cells) if len(line[i]) == 2}
                  for i in range(len(columns))]
        lines.append([operation, "**geometric mean**"] + [show_mean(each) for each in ratios])
        lines.append([operation, "**worst layer**"] + [show_worst(each) for each in ratios])
    text = markdown(["pass", "layer"] + [f"{precision}, batch {batch}" for _, precision, batch in columns], lines)
    return text + (f"\n\nWithout a time: {'; '.join(reasons)}." if reasons else "")


def fastest(rows, folders):
    """({(case, column): {folder: milliseconds}}, [why there is no time]). A case is (operation, net, layer), a column
    (place of the precision, precision, batch)."""
    times, reasons = {}, []
    for row in rows:
        try:
            folder = row["implementation"].split(":")[0]
            case = row["operation"], row["net"], row["layer"]
            column = PRECISIONS.index(row["precision"]), row["precision"], row["batch"]
            milliseconds = row.get("milliseconds")
            if folder not in folders:
                continue
            if milliseconds is None:
                reasons.append(f"{' '.join(case)}, {column[1]}, batch {column[2]}, {row['implementation']}: {row.get('failed')}")
                continue
            if not milliseconds > 0:
                raise ValueError(f"it took {milliseconds} ms")
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise Unfit(f"a row is not bench_kernels': {error}") from None
        found = times.setdefault((case, column), {})
        found[folder] = min(milliseconds, found.get(folder, milliseconds))
    return times, reasons


def beside(times, folder):
    if len(times) < 2:
        return "".join(f"— : {ms:.3g} ms" if whose == folder else f"{ms:.3g} ms : —" for whose, ms in times.items())
    return f"{times[folder] / times['cuda']:.2f}×, {times['cuda']:.3g} : {times[folder]:.3g} ms"


def show_mean(ratios):
    return f"{math.exp(sum(map(math.log, ratios.values())) / len(ratios)):.2f}×" if ratios else ""


def show_worst(ratios):
    return "{1:.2f}×, {0}".format(*min(ratios.items(), key=lambda item: item[1])) if ratios else ""


def markdown(titles, lines):
    """Columns whose cells all begin with a digit or a dash, or are empty, are set to the right."""
    number = lambda cell: not cell or cell[0] == "—" or cell.lstrip("-+")[:1].isdigit()
    rights = [all(number(line[i]) for line in lines) and any(line[i] for line in lines) for i in range(len(titles))]
    out = [titles, ["---:" if right else "---" for right in rights], *lines]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in out)
