"""The command: `facestyle-convert FILE [FILE] -o model.safetensors`."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from . import ConvertError, conversion, recognition
from .named import Named


def numbers(count: int) -> Any:
    def read(text: str) -> Any:
        try:
            values = tuple(float(part) for part in text.replace(",", " ").split())
        except ValueError:
            values = ()
        if len(values) == 1:
            values *= count
        if len(values) != count:
            raise argparse.ArgumentTypeError(f'"{text}"; expected {count} numbers')
        return values

    return read


def size(text: str) -> Any:
    width, cross, height = text.partition("x")
    try:
        sides = int(height if cross else width), int(width)
    except ValueError:
        sides = (0, 0)
    if min(sides) < 1:
        raise argparse.ArgumentTypeError(f'"{text}"; expected a size such as 320x240')
    return sides


def template(text: str) -> Any:
    return text if text == "whole" else " ".join(f"{value:g}" for value in numbers(10)(text))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="facestyle-convert", description="Convert a network of another library to a file of ours: docs/reference/models.md.")
    parser.add_argument("files", nargs="+", metavar="FILE",
                        help=conversion.FILES)  # fmt: skip
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="the .safetensors file to write")
    parser.add_argument("--kind", choices=recognition.KINDS, metavar="KIND",
                        help=f"of {', '.join(recognition.KINDS)}; by default the network is recognised")  # fmt: skip
    parser.add_argument("--mean", type=numbers(3), metavar="A,B,C", help="subtracted from levels of 0 to 255, in the network's order")
    parser.add_argument("--scale", type=float, metavar="S", help="multiplied by then")
    parser.add_argument("--order", choices=("rgb", "bgr"), help="of the channels")
    parser.add_argument("--template", type=template, metavar="POINTS", help='where a face\'s five points lie, "x y x y ...", or "whole"')
    parser.add_argument("--threshold", type=float, metavar="T", help="of the network's distance, or of a detector's score")
    parser.add_argument("--distance", choices=("cosine", "euclidean"), help="what the threshold is of: 1 - a.b, or |a - b|")
    parser.add_argument("--crop", type=float, metavar="C", help="how many times a face's box a liveness or landmarks see")
    parser.add_argument("--licence", metavar="TEXT", help="of the weights")
    parser.add_argument("--name", metavar="NAME", help="of the model")
    parser.add_argument("--size", type=size, metavar="WxH", help="of the input, where the file leaves it open")
    parser.add_argument("--outputs", nargs="+", metavar="VALUE", help="values of the file to answer in place of its own outputs")
    parser.add_argument("--verify", action="store_true", help="run the file with its own library too, and compare every output")
    options = vars(parser.parse_args(arguments))
    files, output = options.pop("files"), options.pop("output")
    from . import convert

    try:
        made = convert(files, output, **options)
    except ConvertError as error:
        sys.exit(f"facestyle-convert: {error}")
    except OSError as error:
        sys.exit(f"facestyle-convert: {' '.join(str(error).split())}; expected files that can be read and written")
    except MemoryError:
        sys.exit("facestyle-convert: no memory for the network; expected more, or a smaller one")
    except KeyboardInterrupt:
        sys.exit("facestyle-convert: interrupted; expected to finish")
    network = made.network
    height, width, _ = network.extent
    is_free = not height if isinstance(network, Named) else not network.is_fixed
    seen = "pictures of any size" if is_free else f"pictures of {width}x{height}"
    more = "" if isinstance(network, Named) else f", {len(network.layers)} layers, outputs {', '.join(network.outputs)}"
    print(f"{output}: {made.kind.name}, {seen}{more}")
    for name, difference in made.report:
        print(f"verified {name}: {difference:.1e} of its largest number")


if __name__ == "__main__":
    main()
