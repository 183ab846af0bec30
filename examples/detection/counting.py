"""What is a hit, what is a false box, and how both grow as the score that a box needs is lowered."""

import numpy as np

LEAST_OVERLAP = 0.35


def overlaps(boxes, faces):
    """Intersection over union [boxes, faces]; both are (left, top, right, bottom)."""
    boxes, faces = np.reshape(boxes, (-1, 1, 4)), np.reshape(faces, (1, -1, 4))
    shared = (np.minimum(boxes[..., 2:], faces[..., 2:]) - np.maximum(boxes[..., :2], faces[..., :2])).clip(0).prod(-1)
    areas = [(some[..., 2:] - some[..., :2]).prod(-1) for some in (boxes, faces)]
    return shared / (areas[0] + areas[1] - shared)


def matches(boxes, scores, faces):
    """For each box the number of the face that it finds, or -1 if it is false.

    The surest box takes the face that it overlaps most, then the next one takes of those that are left: each face is found
    once, and a second box on it is false. No box changes what surer ones took, so a threshold may be set afterwards.
    """
    found = np.full(len(boxes), -1)
    shared = overlaps(boxes, faces)
    for box in np.argsort(-np.asarray(scores, float), kind="stable"):
        face = shared[box].argmax() if len(faces) else 0
        if len(faces) and shared[box, face] >= LEAST_OVERLAP:
            found[box] = face
            shared[:, face] = 0
    return found


def curve(scores, found):
    """Of all pictures' boxes: the different scores, falling, and how many boxes of at least that score are false and how
    many find a face."""
    scores, found = np.asarray(scores, float), np.asarray(found)
    levels, place = np.unique(-scores, return_inverse=True)
    count = lambda chosen: np.bincount(place[chosen], minlength=len(levels)).cumsum()
    return -levels, count(found < 0), count(found >= 0)


def found_within(most_false, false, found):
    """The faces that a curve finds with at most so many false boxes."""
    return int(max(found[false <= most_false], default=0))
