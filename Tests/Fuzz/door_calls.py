#!/usr/bin/env python3
"""Prints, as C, a call of every function of include/facestyle.h with arguments that door.c chooses: for its fuzzer.

    Tests/Fuzz/door_calls.py > build/fuzz/door_calls.h
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Tools"))

from c_header import Callback, Enum, Function, Struct, of_kind  # noqa: E402

FUNCTIONS, STRUCTS, ENUMS, CALLBACKS = of_kind(Function), of_kind(Struct), of_kind(Enum), of_kind(Callback)
HANDLES = sorted(name.removesuffix("_destroy") for name in FUNCTIONS if name.endswith("_destroy"))
# What is for the start of a process; and two seconds of computing.
LEFT_OUT = {"fs_threads_set", "fs_memory_limit_set", "fs_instruction_set_choose", "fs_self_test"}
INTEGERS = {"size_t", "uint64_t", "int64_t", "uint32_t", "int32_t", "uint16_t", "uint8_t"}


def filled(struct):
    """A struct that a caller passes: its defaults, with some members changed."""
    lines = [f"static inline void fill_{struct.name}(input *in, {struct.name} *it) {{", "  memset(it, 0, sizeof *it);"]
    init = FUNCTIONS.get(f"{struct.name}_init")
    if init:
        more = "".join(f", {number(p.base, p.name)}" for p in init.parameters[2:])
        lines.append(f"  {init.name}(it, sizeof *it{more});")
    if struct.is_sized:
        lines.append("  it->size = struct_size(in, sizeof *it);")
    for member in struct.members[1 if struct.is_sized else 0 :]:
        place = f"it->{member.name}"
        if member.count and member.stars == 0 and member.base != "char":
            lines.append(f"  for (int i = 0; i < {member.count}; i++) {changed(init, f'{place}[i]', member)}")
        elif member.count and member.stars:
            lines.append(f"  for (int i = 0; i < {member.count}; i++) {place}[i] = {pointer(member, 0)};")
        elif not member.count:
            lines.append(f"  {changed(init, place, member)}")
    return "\n".join([*lines, "}"])


def changed(init, place, member):
    """With defaults, one member in four is changed."""
    if member.base in STRUCTS and STRUCTS[member.base].members and not member.stars:
        return f"fill_{member.base}(in, &{place});"
    value = number(member.base, member.name) if not member.stars else pointer(member, 0)
    return f"{'if (byte_of(in) % 4 == 0) ' if init else ''}{place} = {value};"


def number(base, name):
    if base in ENUMS:
        return f"({base})enumerator(in)"
    if base in CALLBACKS:
        return f"byte_of(in) % 2 ? NULL : {base}_here"
    if base in ("float", "double"):
        return "real_of(in)"
    if base in INTEGERS:
        kind = "bytes" if name.startswith("byte_count") else "capacity" if "capacity" in name else "steps" if name == "steps" else "plain"
        return f"({base})integer_of(in, {kind.upper()}, sizeof({base}))"
    raise ValueError(f"{base} {name}")


def pointer(variable, place):
    """What a pointer of a parameter or of a member points to."""
    base, stars, is_const = variable.base, variable.stars, variable.text.startswith("const")
    if base == "char" and is_const:
        return "text_of(in)" if stars == 1 else "(const char *const *)texts_of(in)"
    if base == "void":
        return "NULL" if variable.name == "user" else f"region({place})"
    if base in HANDLES:
        if stars == 1:
            return f"({base} *)handle_of(in, KIND_{base})"
        return f"({variable.text})handles_of(in, KIND_{base})" if is_const else f"out_of(in, KIND_{base}, {place})"
    if base in STRUCTS and STRUCTS[base].members:
        return f"structs_{base}(in)" if is_const else f"result_{base}(in, {place})"
    return f"numbers_of(in, NUMBERS_{base})" if is_const else f"(byte_of(in) % 32 ? region({place}) : NULL)"


def call(function):
    arguments, before, after = [], [], []
    ends = function.name.endswith("_destroy")
    for i, parameter in enumerate(function.parameters):
        if parameter.count:
            arguments.append(f"numbers_of(in, NUMBERS_{parameter.base})" if parameter.text.startswith("const") else f"region({i})")
        elif parameter.base == "void" and parameter.name == "bytes":
            before.append("  size_t count; void *bytes = rest_of(in, &count);")
            after.append("  free(bytes);")
            arguments.append("bytes")
        elif parameter.name == "byte_count" and not parameter.stars and arguments and arguments[-1] == "bytes":
            arguments.append("count")
        elif parameter.stars:
            arguments.append(f"({parameter.base} *)mortal_of(in, KIND_{parameter.base})" if ends else pointer(parameter, i))
            if parameter.base in HANDLES and parameter.stars == 2 and not parameter.text.startswith("const"):
                after.append(f"  keep(KIND_{parameter.base}, {i});")
        else:
            arguments.append(number(parameter.base, parameter.name))
    shown = ", ".join(f"a{i}" for i in range(len(arguments)))
    # In their order: C leaves it open in which arguments are made.
    before += [f"  __auto_type a{i} = {argument};" for i, argument in enumerate(arguments)]
    result = f"checked({function.name}({shown}));" if function.result.base == "fs_status" else f"{function.name}({shown});"
    lines = [f"static void call_{function.name}(input *in) {{", "  (void)in;", *before, f"  {result}", *after, "}"]
    return "\n".join(lines)


def callback(kind):
    returned = {"fs_action": "(fs_action)(byte_of(now) % 4)", "fs_status": "(fs_status)(byte_of(now) % 3 ? 0 : byte_of(now) % 12)"}
    parameters = ", ".join(f"{p.text}{'' if p.text.endswith('*') else ' '}{p.name}" for p in kind.parameters)
    unused = " ".join(f"(void){p.name};" for p in kind.parameters)
    body = {"fs_function_callback": "*value = real_of(now);", "fs_gradient_callback": "for (size_t i = 0; i < count; i++) gradient[i] = real_of(now);"}
    answer = f" return {returned[kind.result.base]};" if kind.result.base != "void" else ""
    return f"static inline {kind.result.text} {kind.name}_here({parameters}) {{ {unused} {body.get(kind.name, '')}{answer} }}"


def main():
    print("/* Made of include/facestyle.h by Tests/Fuzz/door_calls.py. */")
    print("enum {" + ", ".join(f"KIND_{name}" for name in HANDLES) + ", KINDS};")
    print("static const destroyer destroyers[KINDS] = {" + ", ".join(f"(destroyer){name}_destroy" for name in HANDLES) + "};")
    print("\n".join(callback(kind) for kind in CALLBACKS.values()))
    made = [struct for struct in STRUCTS.values() if struct.members]
    for struct in made:
        print(f"static inline const {struct.name} *structs_{struct.name}(input *in);")
    for struct in made:
        # The defaults of what works in steps are minutes of work: NULL never stands for them.
        none = "depth > 0" if any(member.name == "steps" for member in struct.members) else "byte_of(in) % 8 == 0 || depth > 0"
        print(filled(struct))
        print(f"static inline const {struct.name} *structs_{struct.name}(input *in) {{\n  static {struct.name} all[MANY];\n"
              f"  static int depth;\n  if ({none}) return NULL;\n  depth++;\n  fill_{struct.name}(in, &all[0]);\n  depth--;\n"
              f"  for (int i = 1; i < MANY; i++) all[i] = all[0];\n  return all;\n}}")  # fmt: skip
        size = "  *(size_t *)region(place) = struct_size(in, sizeof(" + struct.name + "));\n" if struct.is_sized else ""
        print(f"static inline {struct.name} *result_{struct.name}(input *in, int place) {{\n{size}"
              f"  return byte_of(in) % 32 ? region(place) : NULL;\n}}")  # fmt: skip
    functions = [function for function in FUNCTIONS.values() if function.name not in LEFT_OUT]
    for function in functions:
        print(call(function))
    print("static const struct { const char *name; void (*call)(input *); } calls[] = {")
    print("\n".join(f'  {{"{f.name}", call_{f.name}}},' for f in functions))
    print("};")


main()
