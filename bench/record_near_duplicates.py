#!/usr/bin/env python3
# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Measures how far `emulsion dataset hash` takes photos apart from changed copies of them and from other photos.

    .venv/bin/python bench/record_near_duplicates.py PHOTOS [--program build/release/bin/emulsion] [--out FOLDER]

PHOTOS is a folder of photos of which no two are alike. Pillow makes the copies. A row for each kind of copy, and one
for all pairs of photos: the distance in bits at some quantiles, and what part lies within the thresholds 2 to 11.
"""

import argparse
import os
import subprocess
import sys
import tempfile

from PIL import Image, ImageEnhance, ImageOps

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import record  # noqa: E402

COMMAND = "bench/record_near_duplicates.py"


def cropped(photo, part):
    w, h = photo.size
    x, y = round(w * part / 2), round(h * part / 2)
    return photo.crop((x, y, w - x, h - y))


CHANGES = {
    "JPEG quality 30": (lambda photo: photo, 30),
    "half the size": (lambda photo: photo.resize((photo.width // 2, photo.height // 2), Image.Resampling.BICUBIC), 90),
    "30% brighter": (lambda photo: ImageEnhance.Brightness(photo).enhance(1.3), 90),
    "30% less contrast": (lambda photo: ImageEnhance.Contrast(photo).enhance(0.7), 90),
    "grey": (lambda photo: ImageOps.grayscale(photo).convert("RGB"), 90),
    "2% cut off": (lambda photo: cropped(photo, 0.02), 90),
    "5% cut off": (lambda photo: cropped(photo, 0.05), 90),
    "mirrored": (ImageOps.mirror, 90),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos")
    parser.add_argument("--program", default=os.path.join(record.ROOT, "build", "release", "bin", "emulsion"))
    parser.add_argument("--out", default=os.path.join(record.ROOT, "bench", "results"), help="[bench/results]")
    given = parser.parse_args()
    try:
        names = sorted(name for name in os.listdir(given.photos) if name.lower().endswith((".jpg", ".jpeg")))
        own = hashes(given.program, [os.path.join(given.photos, name) for name in names])
        version = subprocess.run([given.program, "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
        measured = record.head("near-duplicates", record.cpu_name(), "cpu", 1, {"emulsion": version},
                               f"{COMMAND} {os.path.relpath(given.photos, record.ROOT)}")
        measured["note"] = f"{len(names)} photos; distances of 64-bit hashes; cut off: so much of the width and of the height"
        measured["rows"] = [row(change, copies(given.program, given.photos, names, own, *how)) for change, how in CHANGES.items()]
        measured["rows"].append(row("another photo", [(a ^ b).bit_count() for i, a in enumerate(own) for b in own[:i]]))
        path = os.path.join(given.out, os.path.basename(record.default_path(measured)))
        record.write(path, measured)
        print(f"{os.path.relpath(path)}: {len(measured['rows'])} rows")
    except (OSError, ValueError, subprocess.CalledProcessError, record.Broken) as error:
        sys.exit(f"{COMMAND}: {' '.join(str(error).split()) or type(error).__name__}")


def hashes(program, paths):
    lines = subprocess.run([program, "dataset", "hash", *paths], check=True, capture_output=True, text=True).stdout
    return [int(line.split()[0], 16) for line in lines.splitlines()]


def copies(program, folder, names, own, change, quality):
    """Distances of the photos from their changed copies."""
    with tempfile.TemporaryDirectory() as made:
        paths = []
        for name in names:
            paths.append(os.path.join(made, name))
            with Image.open(os.path.join(folder, name)) as photo:
                change(photo.convert("RGB")).save(paths[-1], "JPEG", quality=quality)
        return [(a ^ b).bit_count() for a, b in zip(own, hashes(program, paths), strict=True)]


def row(change, distances):
    ordered = sorted(distances)
    at = lambda part: ordered[min(int(part * len(ordered)), len(ordered) - 1)]
    result = {"copy": change, "pairs": len(ordered), "least": ordered[0], "median": at(0.5), "part_90": at(0.9),
              "part_99": at(0.99), "most": ordered[-1]}
    for bits in (2, 4, 6, 8, 11):
        result[f"within_{bits}"] = float(f"{sum(d <= bits for d in ordered) / len(ordered):.4g}")
    print("  ".join(f"{key} {value}" for key, value in result.items()), flush=True)
    return result


if __name__ == "__main__":
    main()
