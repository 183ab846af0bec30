"""Reads networks of other libraries and writes them as one of ours: docs/reference/models.md.

`facestyle-convert FILE -o model.safetensors` does it, as does `python3 -m facestyle.convert`; in Python, `convert`. Each reader
gives a `program.Program`, operators in the words of ONNX; `lowering` makes a `network.Network` of it, layers in the words of
docs/graph.md; `recognition` says what kind of network that is; `writing` writes it, and `verification` runs both.
"""


class ConvertError(Exception):
    """Why a file was not converted: one line, with what was seen and what was expected."""

    def __init__(self, reason):
        # Names in files may hold anything.
        super().__init__(" ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in reason).split()))


def convert(paths, output, **options):
    """Converts the file or files of a network and returns a `conversion.Conversion`; the options are those of the command."""
    from . import conversion

    return conversion.convert(paths, output, conversion.Options(**options))
