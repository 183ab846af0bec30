"""Sheets of pictures on which the boxes of a detector are drawn: hits green, faces that it missed blue, false boxes red."""

import math

from PIL import Image, ImageDraw

HIT, MISSED, FALSE = "#00C48C", "#3FA9F5", "#FF5A1F"
CELL, COLUMNS, GAP = 300, 7, 4


def draw(pictures, path):
    """`pictures` are tuples (picture, boxes, found, faces): an array, and for each box the number of its face or -1."""
    rows = math.ceil(len(pictures) / COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * (CELL + GAP) - GAP, rows * (CELL + GAP) - GAP), "white")
    for number, picture in enumerate(pictures):
        row, column = divmod(number, COLUMNS)
        sheet.paste(_drawn(*picture), (column * (CELL + GAP), row * (CELL + GAP)))
    sheet.save(path)


def _drawn(picture, boxes, found, faces):
    image = Image.fromarray(picture)
    scale = CELL / max(image.size)
    image = image.resize([max(1, round(scale * side)) for side in image.size])
    pen = ImageDraw.Draw(image)
    missed = [face for number, face in enumerate(faces) if number not in set(found)]
    for some, colour in ((missed, MISSED), ([b for b, f in zip(boxes, found) if f >= 0], HIT), ([b for b, f in zip(boxes, found) if f < 0], FALSE)):
        for box in some:
            pen.rectangle([scale * side for side in box], outline=colour, width=2)
    return image
