"""How derivatives swell that are found by rules, beside what reverse mode does: a table, and a plot.

    python3 examples/expression_swell.py [--plot docs/expression-swell.png]

Three families of functions grow by one step at a time: the polynomial p0 + p1*x + ... + pn*x^n, the product of n factors
that all hold x, and n compositions of the logistic map 4 l (1 - l) (Baydin et al. 2018, table 1). Counted are nodes of the
derivative by x, as the rules give it and simplified, as a tree and with equal parts as one, and the operations of reverse
mode, which also gives the derivatives by all p and the value.
"""

import argparse

import facestyle as fs

DEPTHS = range(1, 13)
SHOWN = (1, 2, 4, 8, 12)


def polynomial(n):
    return "p0 + p1*x" + "".join(f" + p{k}*x^{k}" for k in range(2, n + 1))


def product(n):
    return "*".join(f"sin(x + {k})" for k in range(1, n + 1))


def composition(n):
    text = "x"
    for _ in range(n):
        text = f"4*({text})*(1 - ({text}))"
    return text


FAMILIES = {"polynomial": polynomial, "product": product, "composition": composition}
COUNTS = {
    "tree": "tree", "simplified": "tree, simplified", "shared": "equal parts as one",
    "both": "both", "reverse": "reverse mode, operations"}  # fmt: skip


def counted(text):
    """The function's own nodes, and those of COUNTS."""
    with fs.Expression.parse(text) as f, f.derivative("x") as slope, slope.simplified() as simple:
        whole, raw, short = f.size, slope.size, simple.size
        return {
            "function": whole.nodes, "tree": raw.nodes, "simplified": short.nodes, "shared": raw.shared_nodes,
            "both": short.shared_nodes, "reverse": whole.reverse_operations}  # fmt: skip


def table(rows):
    yield "| function | steps | its nodes | derivative: tree | tree, simplified | equal parts as one | both | reverse mode, operations |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    for (name, n), row in rows.items():
        if n in SHOWN:
            yield f"| {name} | {n} | " + " | ".join(f"{value:,}" for value in row.values()) + " |"


def draw(rows, path):
    panels = {
        name: {label: [rows[name, n][key] for n in DEPTHS] for key, label in COUNTS.items()} for name in FAMILIES}  # fmt: skip
    return fs.plots.growth(panels, path, xlabel="degree, factors, compositions", ylabel="nodes of the derivative")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plot", metavar="FILE", help="where to draw the curves, a .png")
    options = parser.parse_args()
    rows = {(name, n): counted(function(n)) for name, function in FAMILIES.items() for n in DEPTHS}
    print(*table(rows), sep="\n")
    if options.plot:
        print(f"written to {draw(rows, options.plot).path}")


if __name__ == "__main__":
    main()
