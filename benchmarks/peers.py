"""libfacestyle beside its peers: same inputs, same weights, same threads, in turn. README.md tells how to run it."""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

import measure
import works

REPORT = works.BUILD / "bench-peers.json"
FOLDER = works.BUILD / "bench"
HEAD = f"{'work':<17} {'threads':>7} {'peer':<15}{'ours ms':>8} {'theirs':>8} {'ratio':>6} {'MB ours':>7} {'theirs':>6}"


def main():
    options = arguments()
    wanted = [work for work in works.WORKS if not options.only or work.name in options.only]
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows, faults = [], []
    for work in wanted:
        absent = [path for path in work.needs if not path.exists()]
        if absent:
            print(f"{work.name}: left out, there is no {absent[0].relative_to(works.ROOT)}", file=sys.stderr)
            continue
        prepare(work)
        for threads in work.threads:
            for peer in work.peers:
                try:
                    rows.append(compare(work, threads, peer, options))
                except RuntimeError as reason:
                    faults.append(f"{work.name} beside {peer}: {reason}")
                    print(faults[-1], file=sys.stderr)
    write(rows)
    print(HEAD)
    for row in rows:
        print(line(row))
    print("ratio = theirs / ours, the median of pairs; MB = the peak of resident memory while it runs")
    if any(line(row).endswith("*") for row in rows):
        print("* other programs were busy in most pairs: measure this row again")
    sys.exit("\n".join(faults) or None)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    names = [work.name for work in works.WORKS]
    parser.add_argument("--only", metavar="WORK,...", type=lambda text: text.split(","), help=", ".join(names))
    parser.add_argument("--pairs", type=int, default=11, metavar="N", help="measurements a row (default 11)")
    parser.add_argument(
        "--patience", type=float, default=60, metavar="S",
        help="seconds a row may spend on measuring again what other programs disturbed (default 60)")
    parser.add_argument("--quick", action="store_true", help="three pairs: a first look")
    options = parser.parse_args()
    if unknown := set(options.only or ()) - set(names):
        parser.error(f"no such work: {', '.join(sorted(unknown))}; possible are {', '.join(names)}")
    if options.pairs < 1:
        parser.error("--pairs; expected 1 or more")
    options.pairs = 3 if options.quick else options.pairs
    return options


def prepare(work):
    """Writes what the sides of a work read."""
    write_inputs(work, FOLDER)
    head = (
        "import sys, pathlib, numpy, works, theirs, published; folder = pathlib.Path(sys.argv[1]);"
        "work = next(work for work in works.WORKS if work.name == sys.argv[2]);")
    tasks = ["theirs.weights(folder)"] if work.kind in ("nn4", "train") else []
    if work.made:
        tasks.append("published.prepare(work, folder)")
    elif "onnxruntime" in work.peers:
        tasks.append("theirs.export(work, dict(numpy.load(folder / f'{work.name}.npz')), folder)")
    if tasks:
        subprocess.run(
            [sys.executable, "-c", head + ";".join(tasks), str(FOLDER), work.name], check=True, cwd=Path(__file__).parent)


def write_inputs(work, folder):
    np.savez(folder / f"{work.name}.npz", **works.inputs(work))


def compare(work, threads, peer, options):
    ours = theirs = None
    try:
        ours = measure.Worker("facestyle", work, threads, FOLDER)
        theirs = measure.Worker(peer, work, threads, FOLDER)
        print(f"{work.name}: {ours.about}; {theirs.about}", file=sys.stderr)
        far, where = measure.difference(ours.outputs(), theirs.outputs())
        if where:
            print(f"{work.name}: largest difference {far:.1e} ({where}), {work.tolerance:.0e} allowed", file=sys.stderr)
        if not far <= work.tolerance:
            raise RuntimeError(f"the outputs differ by {far:.1e} ({where}): not timed")
        times, disturbed = measure.alternate(ours, theirs, work.repeats, options.pairs, options.patience)
        ratios = sorted(second / first for first, second in times)
        memory = [side.ask(do="memory")["megabytes"] for side in (ours, theirs)]
    finally:
        for side in (ours, theirs):
            if side:
                side.close()
    row = {
        "work": work.name, "threads": threads, "peer": peer,
        "ours_ms": round(1000 * statistics.median(first for first, _ in times), 4),
        "theirs_ms": round(1000 * statistics.median(second for _, second in times), 4),
        "ratio": round(statistics.median(ratios), 3),
        "ours_rss_mb": round(memory[0]), "theirs_rss_mb": round(memory[1]),
        "ratio_lowest": round(ratios[0], 3), "ratio_highest": round(ratios[-1], 3),
        "difference": far if where else None, "pairs": len(times), "disturbed": disturbed,
    }
    spread = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    print(f"{work.name}: pairs {spread}, {disturbed} of {len(times)} disturbed", file=sys.stderr)
    return row


def line(row):
    return (
        f"{row['work']:<17} {row['threads']:>7} {row['peer']:<15}{row['ours_ms']:>8.2f} {row['theirs_ms']:>8.2f}"
        f" {row['ratio']:>5.2f}x {row['ours_rss_mb']:>7} {row['theirs_rss_mb']:>6}"
        + (" *" if 2 * row["disturbed"] > row["pairs"] else ""))


def write(rows):
    """Rows of an earlier run stay where this one has measured nothing."""
    done = {row["work"] for row in rows}
    order = [work.name for work in works.WORKS]
    old = json.loads(REPORT.read_text()) if REPORT.exists() else []
    rows = rows + [row for row in old if row["work"] not in done and row["work"] in order]
    rows.sort(key=lambda row: order.index(row["work"]))
    REPORT.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
