"""Sheets of pictures on which the boxes of a detector are drawn: hits green, faces that it missed blue, false boxes red."""

import math

import numpy as np
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

    def rectangle(box, colour):
        # What reaches beyond the picture is drawn on its edge.
        left, top, right, bottom = np.clip(np.multiply(scale, box), 0, [side - 1 for side in image.size * 2])
        pen.rectangle([left, top, right, bottom], outline=colour, width=2)

    for face in set(range(len(faces))) - set(found):
        rectangle(faces[face], MISSED)
    for box, face in zip(boxes, found):
        rectangle(box, FALSE if face < 0 else HIT)
    return image
