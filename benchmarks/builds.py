"""This build beside that of another commit, or beside the library without a Swift runtime: same inputs, same weights, same threads, in turn. README.md tells how to run it."""

import argparse
import json
import statistics
import subprocess
import sys

import measure
import peers
import works

REPORT = works.BUILD / "bench-builds.json"
FOLDER = works.BUILD / "bench-builds"
KINDS = {"style", "lbfgs", "vgg19", "nn4", "dlib", "train", "mtcnn", "yunet", "search", "first"}
WORKS = [work for work in works.WORKS + works.OURS if work.kind in KINDS and work.name != "yunet-vga"]
HEAD = f"{'work':<17} {'threads':>7} {'this ms':>9} {'other':>9} {'ratio':>6} {'MB this':>7} {'other':>6}"


def main():
    options = arguments()
    commit = options.ref if options.ref == works.EMBEDDED else resolved(options.ref)
    build(commit)
    FOLDER.mkdir(parents=True, exist_ok=True)
    rows, faults = [], []
    print(f"{'this tree':<17} beside {options.ref} ({commit[:12]})\n{HEAD}", flush=True)
    for work in WORKS:
        if options.only and work.name not in options.only:
            continue
        if absent := [path for path in work.needs if not path.exists()]:
            print(f"{work.name}: left out, there is no {absent[0].relative_to(works.ROOT)}", file=sys.stderr)
            continue
        prepare(work)
        for threads in work.threads:
            try:
                rows.append(compare(work, threads, commit, options))
            except RuntimeError as reason:
                faults.append(f"{work.name}: {reason}")
                print(faults[-1], file=sys.stderr)
                continue
            print(line(rows[-1]), flush=True)
    REPORT.write_text(json.dumps({"commit": commit, "rows": rows}, indent=1) + "\n")
    print("ratio = other / this, the median of pairs, above 1 this build is faster; MB = the peak of resident memory while it runs")
    if any(line(row).endswith("*") for row in rows):
        print("* other programs were busy in most pairs")
    sys.exit("\n".join(faults) or None)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    names = [work.name for work in WORKS]
    parser.add_argument("ref", help="a commit or a tag, or `embedded`: this tree's library without a Swift runtime")
    parser.add_argument("--only", metavar="WORK,...", type=lambda text: text.split(","), help=", ".join(names))
    parser.add_argument("--pairs", type=int, default=9, metavar="N", help="measurements a row (default 9)")
    parser.add_argument(
        "--patience", type=float, default=20, metavar="S",
        help="seconds a row may spend on measuring again what other programs disturbed (default 20)")
    parser.add_argument(
        "--clock", choices=("wall", "processor"), default="wall",
        help="processor: what the processors worked, of all threads together, for a busy machine (default wall)")
    options = parser.parse_args()
    if unknown := set(options.only or ()) - set(names):
        parser.error(f"no such work: {', '.join(sorted(unknown))}; possible are {', '.join(names)}")
    if options.pairs < 1:
        parser.error("--pairs; expected 1 or more")
    return options


def resolved(ref):
    found = subprocess.run(
        ["git", "-C", works.ROOT, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"], stdout=subprocess.PIPE, text=True)
    if found.returncode:
        sys.exit(f"no commit {ref}; expected a commit or a tag of this repository, or `{works.EMBEDDED}`")
    return found.stdout.strip()


def build(commit):
    """The library of a commit in a tree of its own, and the program that uses it once. Made once a commit."""
    if commit == works.EMBEDDED:
        subprocess.run(["make", "-C", works.ROOT, works.EMBEDDED], check=True, stdout=sys.stderr)
        return
    tree = works.BUILDS / commit
    if not tree.exists():
        part = tree.with_name(f"{commit}.part")
        part.mkdir(parents=True, exist_ok=True)
        archive = subprocess.Popen(["git", "-C", works.ROOT, "archive", commit], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", part], stdin=archive.stdout, check=True)
        if archive.wait():
            sys.exit(f"git archive {commit} failed")
        part.rename(tree)
    settings = dict(line.split(" := ", 1) for line in (tree / "Makefile").read_text().splitlines() if " := " in line)
    library = f"build/libfacestyle.so.{settings['VERSION']}"
    # Not the settings of the `make` that runs this: it has another tree.
    command = ["env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "-u", "FACESTYLE_BUILD", "make", "-C", tree, library, "build/first-use"]
    subprocess.run(command, check=True, stdout=sys.stderr)


def prepare(work):
    """Writes what both sides read."""
    peers.write_inputs(work, FOLDER)
    if work.kind in ("nn4", "train") and not (FOLDER / "nn4.safetensors").exists():
        # In a process of its own. Seeded weights: speed does not depend on them.
        code = "import sys, facestyle; facestyle.Trainer('nn4.small2', 'triplet').save_model(sys.argv[1], threshold=1)"
        subprocess.run(
            [sys.executable, "-c", code, FOLDER / "nn4.safetensors"], check=True, cwd=works.ROOT / "bindings" / "python")


def compare(work, threads, commit, options):
    sides = []
    try:
        for name in ("facestyle", f"facestyle@{commit}"):
            sides.append(measure.Worker(name, work, threads, FOLDER))
        print(f"{work.name}: {sides[0].about}; {sides[1].about}", file=sys.stderr)
        far, where = measure.difference(sides[0].outputs(), sides[1].outputs())
        if not far <= work.tolerance:
            raise RuntimeError(f"the outputs differ by {far:.1e} ({where}): not timed")
        times, disturbed = measure.alternate(*sides, work.repeats, options.pairs, options.patience, options.clock)
        memory = [side.ask(do="memory")["megabytes"] for side in sides]
    finally:
        for side in sides:
            side.close()
    ratios = sorted(second / first for first, second in times)
    return {
        "work": work.name, "threads": threads, "clock": options.clock,
        "this_ms": round(1000 * statistics.median(first for first, _ in times), 4),
        "other_ms": round(1000 * statistics.median(second for _, second in times), 4),
        "ratio": round(statistics.median(ratios), 3), "ratio_lowest": round(ratios[0], 3), "ratio_highest": round(ratios[-1], 3),
        "this_rss_mb": round(memory[0]), "other_rss_mb": round(memory[1]),
        "difference": far, "pairs": len(times), "disturbed": disturbed,
    }


def line(row):
    return (
        f"{row['work']:<17} {row['threads']:>7} {row['this_ms']:>9.3f} {row['other_ms']:>9.3f} {row['ratio']:>5.2f}x"
        f" {row['this_rss_mb']:>7} {row['other_rss_mb']:>6}" + (" *" if 2 * row["disturbed"] > row["pairs"] else ""))


if __name__ == "__main__":
    main()
