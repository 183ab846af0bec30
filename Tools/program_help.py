"""What `facestyle --experimental-dump-help` says of the program, for manual pages and the site."""

ENVIRONMENT = [
    ("FACESTYLE_MODELS", "Folders, separated by colons, in which models are looked for first."),
    ("FACESTYLE_ISA", "The build of the kernels: avx512, avx2 or baseline. By default the best that the processor runs."),
    ("XDG_DATA_HOME", "Its folder facestyle/models holds the user's own models; ~/.local/share if it is not set."),
]
_MARKS = {"short": "-", "long": "--", "longWithSingleDash": "-"}


def walk(path, command):
    """(words of a command, what is said of it) of a command and of all below it."""
    yield path, command
    for sub in subcommands(command, hidden=True):
        yield from walk([*path, sub["commandName"]], sub)


def subcommands(command, hidden=False):
    return [
        sub for sub in command.get("subcommands", [])
        if sub["commandName"] != "help" and (hidden or sub.get("shouldDisplay", True))
    ]  # fmt: skip


def sections(command):
    """[(title, arguments)]: the positional ones, then options by their titles."""
    found = {}
    shown = [argument for argument in command.get("arguments", []) if argument.get("shouldDisplay", True)]
    for argument in sorted(shown, key=lambda argument: argument["kind"] != "positional"):
        title = "arguments" if argument["kind"] == "positional" else argument.get("sectionTitle") or "options"
        found.setdefault(title, []).append(argument)
    return list(found.items())


def names(argument):
    """Of an option, ["-o", "--output"]."""
    return [_MARKS[name["kind"]] + name["name"] for name in argument.get("names", [])]


def value(argument):
    """(what stands for the argument, " ..." if there may be many): ("photos", " ..."), ("", "") of a flag."""
    if argument["kind"] == "flag":
        return "", ""
    return argument["valueName"], " ..." if argument["kind"] == "positional" and argument["isRepeating"] else ""


def text(argument):
    """One line: what it is, its default and the values that it may have, unless the line says them."""
    line = argument.get("abstract", "")
    default, values = argument.get("defaultValue"), argument.get("allValues")
    if default and "(default" not in line:
        line += f" (default: {default})"
    if values and not any(value in line for value in values):
        line += f" One of {', '.join(values)}."
    return " ".join(line.split())


def positional(command):
    """The arguments without a name."""
    return dict(sections(command)).get("arguments", [])
