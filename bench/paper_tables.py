# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""The paper's Tables I and II from what `emulsion evaluate --json` says, beside the paper's own figures."""

# Understanding aesthetics in photography using deep convolutional neural networks: Table II, on 85,562 photos of Flickr;
# Table I's means of both classes, of the SVM on 16,384 photos and the forest on 4,096.
PAPER_ACCURACY = {"SVM": 0.675, "forest": 0.608, "fine-tuned": 0.709}
PAPER_MEANS = {"SVM": 0.76, "forest": 0.73}
MEASURES = ("precision", "recall", "f1")


def rows(evaluation, photo_set, features):
    """Flat rows: of table I one a class and judge, and their means; of table II one a judge."""
    common = {"photo_set": photo_set, "features": features, "photos": evaluation["photos"], "folds": evaluation["folds"]}
    first, second = [], []
    for judge in evaluation["judges"]:
        of_classes = [of_class(judge["confusion"], c) for c in (0, 1)]
        photos = sum(row["of_class"] for row in of_classes)
        mean = {key: sum(row[key] * row["of_class"] for row in of_classes) / photos for key in MEASURES}
        mean.update(class_name="both", of_class=photos, paper=PAPER_MEANS.get(judge["name"]))
        first += [{**common, "table": "I", "judge": judge["name"], **row} for row in (*of_classes, mean)]
        row = {**common, "table": "II", "judge": judge["name"], "paper": PAPER_ACCURACY.get(judge["name"])}
        for key, name in (("accuracy", "accuracy"), ("AUC", "area"), ("F1", "f1")):
            measure = judge["measures"][key]
            row.update({name: measure["value"], name + "_low": measure["low"], name + "_high": measure["high"]})
        if "less the first" in judge:
            ahead = judge["less the first"]["accuracy"]
            row.update(ahead=ahead["value"], ahead_low=ahead["low"], ahead_high=ahead["high"])
        second.append(row)
    return first + second


def of_class(confusion, c):
    """Of the photos taken for class c those that are of it, of those that are of it the ones found, and both in one."""
    right, taken, there = confusion[c][c], confusion[0][c] + confusion[1][c], sum(confusion[c])
    precision, recall = share(right, taken), share(right, there)
    f1 = share(2 * precision * recall, precision + recall)
    return {"class_name": ("not pleasing", "pleasing")[c], "of_class": there, "precision": precision, "recall": recall,
            "f1": f1, "paper": None}


def share(part, whole):
    return part / whole if whole else 0.0


def text(all_rows):
    """Both tables as Markdown."""
    head = all_rows[0]
    folds = f" in {head['folds']} folds" if head["folds"] > 1 else ""
    lines = [f"{head['photos']} held-out photos{folds}; features: {head['features']}.", "",
             "Table I, and the mean that the paper has", "",
             "| judge | class | precision | recall | F1 | photos | paper |", "| --- | --- | ---: | ---: | ---: | ---: | ---: |"]
    lines += [f"| {row['judge']} | {row['class_name']} | " + " | ".join(f"{row[key]:.2f}" for key in MEASURES) +
              f" | {row['of_class']} | {of_paper(row, 2)} |" for row in all_rows if row["table"] == "I"]
    lines += ["", "Table II, with 95% intervals", "",
              f"| judge | accuracy | ahead of {all_rows[0]['judge']} | area under the ROC | paper's accuracy |",
             "| --- | ---: | ---: | ---: | ---: |"]
    lines += [f"| {row['judge']} | {interval(row, 'accuracy')} | {interval(row, 'ahead')} | {interval(row, 'area')} | "
              f"{of_paper(row, 3)} |"
              for row in all_rows if row["table"] == "II"]
    return "\n".join(lines) + "\n"


def interval(row, name):
    if row.get(name) is None:  # the first is ahead of nobody; an area wants both classes
        return ""
    return f"{row[name]:.3f} ({row[name + '_low']:.3f} to {row[name + '_high']:.3f})"


def of_paper(row, digits):
    return "" if row["paper"] is None else f"{row['paper']:.{digits}f}"
