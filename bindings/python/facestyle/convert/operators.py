"""Each operator of ONNX as layers. A function gets the lowering, the operator and its inputs, and gives its result or results."""

import math

import numpy as np

from . import ConvertError, constants
from .folding import padding as padding_text
from .lowering import refusal
from .network import number
from .values import Length, Pieces, Value

# ---- What operators share ----


def _value(lowering, operator, inputs, place=0):
    value = inputs[place] if len(inputs) > place else None
    if not isinstance(value, Value):
        seen = "joined pieces" if isinstance(value, Pieces) else "a length" if isinstance(value, Length) else "known numbers"
        raise refusal(operator, inputs, f"input {place} is {seen}; expected what a layer computes")
    return value


def _picture(lowering, operator, inputs, place=0):
    value = _value(lowering, operator, inputs, place)
    if value.is_picture:
        return value
    if len(value.shape) == 4 and value.shape[0] == 1 and value.shape[2:] == (1, 1) and value.shape[1] == value.count:
        return lowering.flat(operator, value)  # a row as a picture of one pixel
    raise refusal(operator, inputs, f"input {place} is no picture of ours; expected [1, channels, height, width] as computed")


def _array(operator, inputs, place, usual=None):
    value = inputs[place] if len(inputs) > place else None
    if value is None:
        return usual
    if not isinstance(value, np.ndarray):
        raise refusal(operator, inputs, f"input {place} is computed; expected constants there")
    return value


def _each(function):
    """For a function of each number: a value joined from pieces is done piece by piece."""

    def whole(lowering, operator, inputs):
        if isinstance(inputs[0], Pieces):
            return Pieces(tuple(function(lowering, operator, [part, *inputs[1:]]) for part in inputs[0].parts))
        _value(lowering, operator, inputs)
        return function(lowering, operator, inputs)

    return whole


def _along_channels(operator, inputs, value, array):
    """Constants that go with a value: one number, or one for each channel; None where they differ from pixel to pixel."""
    array = np.asarray(array, np.float64)
    if array.size == 1 and array.ndim <= len(value.shape):
        return np.float64(array.ravel()[0])
    try:
        full = np.broadcast_shapes(array.shape, value.shape)
    except ValueError:
        full = None
    if full != value.shape:
        raise refusal(operator, inputs, f"constants {list(array.shape)}; expected shapes that fit")
    rows = value.ours(np.broadcast_to(array, value.shape))
    if not np.all(rows == rows[0]):
        return None
    return rows[0]


def _with_constants(lowering, operator, inputs, value, array):
    """The value, and constants for its channels; a value of more pixels than one is flattened for constants of each number."""
    along = _along_channels(operator, inputs, value, array)
    if along is None and value.is_row:
        value = lowering.flat(operator, value)
        along = _along_channels(operator, inputs, value, array)
    if along is None:
        raise refusal(operator, inputs, "constants that differ from pixel to pixel; expected one number, or one for each channel")
    return value, along


def _pair(text, usual, operator, inputs):
    values = [int(v) for v in (text if text is not None else usual)]
    if len(values) != 2:
        raise refusal(operator, inputs, f"{len(values)} axes; expected windows of height and width")
    return values


def _sides(height, width):
    return str(height) if height == width else f"{height}x{width}"


def _paddings(operator, inputs, value, kernel, strides, dilations):
    """Top, left, bottom and right."""
    pads = [int(p) for p in operator.get("pads", [0, 0, 0, 0])]
    auto = operator.get("auto_pad", "NOTSET") or "NOTSET"
    if auto.startswith("SAME"):
        pads = []
        for side, k, s, d in zip(value.extent[:2], kernel, strides, dilations):
            total = max((-(-side // s) - 1) * s + (k - 1) * d + 1 - side, 0)
            pads.append((total // 2, total - total // 2) if auto == "SAME_UPPER" else (total - total // 2, total // 2))
        pads = [pads[0][0], pads[1][0], pads[0][1], pads[1][1]]
    elif auto == "VALID":
        pads = [0, 0, 0, 0]
    if len(pads) != 4 or min(pads) < 0:
        raise refusal(operator, inputs, f"pads {pads}; expected four, 0 or more")
    return pads


# ---- Sums ----


def _convolution(lowering, operator, inputs):
    value = _picture(lowering, operator, inputs)
    weight, bias = _array(operator, inputs, 1), _array(operator, inputs, 2)
    if weight is None or weight.ndim != 4:
        raise refusal(operator, inputs, "weights without two axes of a window; expected [filters, channels, height, width]")
    kernel = weight.shape[2:]
    strides = _pair(operator.get("strides"), (1, 1), operator, inputs)
    dilations = _pair(operator.get("dilations"), (1, 1), operator, inputs)
    groups = int(operator.get("group", 1))
    height, width, channels = value.extent
    if groups < 1 or weight.shape[1] * groups != channels or weight.shape[0] % groups:
        raise refusal(operator, inputs, f"{groups} groups of {weight.shape[1]} channels; expected {channels} in all")
    pads = _paddings(operator, inputs, value, kernel, strides, dilations)
    parameters = {"filters": weight.shape[0], "kernel": _sides(*kernel)}
    for key, pair in (("stride", strides), ("dilation", dilations)):
        if pair != [1, 1]:
            parameters[key] = _sides(*pair)
    if groups > 1:
        parameters["groups"] = groups
    if padding_text(pads):
        parameters["padding"] = padding_text(pads)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    extent = ((height + pads[0] + pads[2] - reach[0]) // strides[0] + 1,
              (width + pads[1] + pads[3] - reach[1]) // strides[1] + 1, weight.shape[0])  # fmt: skip
    tensors = {"weight": weight}
    if bias is not None:
        tensors["bias"] = bias.ravel()
    else:
        parameters["bias"] = "no"
    return lowering.picture(operator, value, extent, "convolution", parameters=parameters, tensors=tensors)


def _transposed(lowering, operator, inputs):
    value = _picture(lowering, operator, inputs)
    weight, bias = _array(operator, inputs, 1), _array(operator, inputs, 2)
    if weight is None or weight.ndim != 4 or weight.shape[0] != value.extent[2]:
        raise refusal(operator, inputs, "weights; expected [channels, filters, height, width]")
    strides = _pair(operator.get("strides"), (1, 1), operator, inputs)
    kernel, groups = weight.shape[2:], int(operator.get("group", 1))
    if operator.get("output_shape") or (operator.get("auto_pad", "NOTSET") or "NOTSET") != "NOTSET":
        raise refusal(operator, inputs, "output_shape or auto_pad; expected pads")
    if list(operator.get("dilations", [1, 1])) != [1, 1] or strides[0] != strides[1]:
        raise refusal(operator, inputs, f"strides {strides} and dilations; expected one stride and no dilation")
    pads = _paddings(operator, inputs, value, kernel, strides, [1, 1])
    more = list(operator.get("output_padding", [0, 0]))
    stride, crop = strides[0], max(pads[:2])
    # Output pixel o is tap k of input pixel i with o = stride i + k - pad: a side is stride times the input's.
    for side, k, before, after, extra in zip("hw", kernel, pads[:2], pads[2:], more):
        if k - stride - before - after + extra != 0:
            raise refusal(operator, inputs, f"a window of {k} with stride {stride} and pads {before} and {after}; "
                                            f"expected a result of exactly {stride} times the size")  # fmt: skip
    if groups > 1:  # zeros for the channels of other groups
        each, of_group = weight.shape[1], weight.shape[0] // groups
        whole = np.zeros((weight.shape[0], each * groups, *kernel), np.float64)
        for group in range(groups):
            rows = slice(group * of_group, (group + 1) * of_group)
            whole[rows, group * each : (group + 1) * each] = weight[rows]
        weight = whole
    shifts = [crop - before for before in pads[:2]]
    side = max(k + shift for k, shift in zip(kernel, shifts))
    square = np.zeros((*weight.shape[:2], side, side), np.float64)
    square[:, :, shifts[0] : shifts[0] + kernel[0], shifts[1] : shifts[1] + kernel[1]] = weight
    if crop >= side:
        raise refusal(operator, inputs, f"pads {pads} of a window of {side}; expected less")
    parameters = {"filters": square.shape[1], "kernel": side, "stride": stride}
    if crop:
        parameters["crop"] = crop
    tensors = {"weight": square}
    if bias is not None:
        tensors["bias"] = bias.ravel()
    else:
        parameters["bias"] = "no"
    height, width = value.extent[:2]
    return lowering.picture(operator, value, (stride * height, stride * width, square.shape[1]), "transposed-convolution",
                            parameters=parameters, tensors=tensors)  # fmt: skip


def _dense(lowering, operator, inputs, value, matrix, bias):
    """`matrix` is [numbers, outputs] for the numbers in ONNX's order."""
    if matrix.ndim != 2 or matrix.shape[0] != value.count:
        raise refusal(operator, inputs, f"a matrix {list(matrix.shape)} for {value.count} numbers; expected as many rows")
    outputs = matrix.shape[1]
    flat = value
    weight = np.empty((outputs, value.count), np.float64)
    weight[:, value.permutation()] = matrix.T
    parameters, tensors = {"outputs": outputs}, {"weight": weight}
    if bias is not None:
        tensors["bias"] = np.broadcast_to(np.asarray(bias, np.float64).ravel(), (outputs,))
    else:
        parameters["bias"] = "no"
    return lowering.layer(operator, "dense", [flat], (1, 1, outputs), (1, outputs), "chw", parameters, tensors)


def _gemm(lowering, operator, inputs):
    value, matrix, bias = _value(lowering, operator, inputs), _array(operator, inputs, 1), _array(operator, inputs, 2)
    if operator.get("transA", 0) or not value.is_row or matrix is None:
        raise refusal(operator, inputs, "a product of this form; expected a row [1, numbers] with constants")
    matrix = np.asarray(matrix.T if operator.get("transB", 0) else matrix, np.float64) * operator.get("alpha", 1.0)
    if bias is not None:
        bias = np.asarray(bias, np.float64) * operator.get("beta", 1.0)
    return _dense(lowering, operator, inputs, value, matrix, bias)


def _matmul(lowering, operator, inputs):
    value, matrix = _value(lowering, operator, inputs), _array(operator, inputs, 1)
    if matrix is None or matrix.ndim != 2:
        raise refusal(operator, inputs, "a product with that; expected a constant matrix behind the value")
    if value.is_row:
        return _dense(lowering, operator, inputs, value, matrix, None)
    axis = value.channel_axis()
    if axis is None or axis != len(value.shape) - 1 or matrix.shape[0] != value.extent[2]:
        raise refusal(operator, inputs, "a product over an axis other than the channels; expected a row, or channels last")
    extent = (*value.extent[:2], matrix.shape[1])
    return lowering.layer(
        operator, "convolution", [value], extent, (*value.shape[:-1], matrix.shape[1]), "hwc",
        {"filters": matrix.shape[1], "kernel": 1, "bias": "no"}, {"weight": matrix.T[:, :, None, None]})


# ---- Scales, shifts and arithmetic ----


def _batch_normalisation(lowering, operator, inputs):
    value = _value(lowering, operator, inputs)
    if operator.get("training_mode", 0):
        raise refusal(operator, inputs, "in training; expected its trained statistics")
    gamma, beta, mean, variance = (np.asarray(_array(operator, inputs, i), np.float64).ravel() for i in range(1, 5))
    if value.is_row and value.extent[2] != value.count:
        value = lowering.flat(operator, value)
    axis = value.channel_axis()
    if axis != 1 and not (value.is_row and value.is_trivial):
        if not (value.is_row and isinstance(value.order, np.ndarray)):
            raise refusal(operator, inputs, "channels elsewhere than on axis 1; expected them there")
    if len(gamma) != value.extent[2]:
        raise refusal(operator, inputs, f"{len(gamma)} factors for {value.extent[2]} channels; expected one for each")
    scale = gamma / np.sqrt(variance + operator.get("epsilon", 1e-5))
    shift = beta - mean * scale
    if isinstance(value.order, np.ndarray):
        mine = np.empty((2, value.count))
        mine[:, value.order] = scale, shift
        scale, shift = mine
    return lowering.affine(operator, value, scale, shift)


def _instance_normalisation(lowering, operator, inputs):
    value = _picture(lowering, operator, inputs)
    gamma, beta = (np.ravel(_array(operator, inputs, i)) for i in (1, 2))
    if not len(gamma) == len(beta) == value.extent[2]:
        raise refusal(operator, inputs, f"{len(gamma)} factors; expected one for each of {value.extent[2]} channels")
    parameters = {"epsilon": _exact(operator.get("epsilon", 1e-5))}
    return lowering.layer(operator, "instance-normalisation", [value], parameters=parameters,
                          tensors={"weight": gamma, "bias": beta})  # fmt: skip


def _exact(value):
    return number(value)


def _arithmetic(kind):
    def lower(lowering, operator, inputs):
        if len(inputs) != 2:
            raise refusal(operator, inputs, f"{len(inputs)} inputs; expected two")
        if any(isinstance(value, Length) for value in inputs):
            return _by_length(lowering, operator, inputs, kind)
        if any(isinstance(value, Pieces) for value in inputs):
            return _pieces_with_constant(lowering, operator, inputs, lower)
        if isinstance(inputs[1], np.ndarray):
            return _with_constant(lowering, operator, inputs, kind, inputs[0], inputs[1], is_turned=False)
        if isinstance(inputs[0], np.ndarray):
            return _with_constant(lowering, operator, inputs, kind, inputs[1], inputs[0], is_turned=True)
        return _two(lowering, operator, inputs, kind)

    return lower


def _pieces_with_constant(lowering, operator, inputs, lower):
    place = 0 if isinstance(inputs[0], Pieces) else 1
    if not isinstance(inputs[1 - place], np.ndarray) or inputs[1 - place].size != 1:
        raise refusal(operator, inputs, "joined pieces with something else; expected one number with them")
    parts = []
    for part in inputs[place].parts:
        both = list(inputs)
        both[place] = part
        parts.append(lower(lowering, operator, both))
    return Pieces(tuple(parts))


def _with_constant(lowering, operator, inputs, kind, value, array, is_turned):
    value, along = _with_constants(lowering, operator, inputs, value, array)
    if kind == "add":
        scale, shift = 1.0, along
    elif kind == "subtract":
        scale, shift = (-1.0, along) if is_turned else (1.0, -along)
    elif kind == "multiply":
        scale, shift = along, 0.0
    elif is_turned:
        raise refusal(operator, inputs, "a constant divided by a value; expected a value divided by a constant")
    else:
        if not np.all(along):
            raise refusal(operator, inputs, "a division by 0; expected other constants")
        scale, shift = 1 / along, 0.0
    return lowering.affine(operator, value, scale, shift)


# Layers for two pictures; those of sizes that differ are repeated along a single row, column or channel.
TWO = {"add": "sum", "subtract": "difference", "multiply": "product", "divide": "quotient"}


def _two(lowering, operator, inputs, kind):
    a, b = _value(lowering, operator, inputs, 0), _value(lowering, operator, inputs, 1)
    name = TWO[kind]
    if a.extent == b.extent and a.shape == b.shape and _same_order(a, b):
        order = b.order if a.is_trivial else a.order
        return lowering.layer(operator, name, [a, b], order=order)
    if a.is_row and b.is_row and a.shape == b.shape:  # rows of numbers in different orders
        raise refusal(operator, inputs, "rows whose numbers lie in different orders; expected both flattened alike")
    if not (a.is_picture and b.is_picture) or any(m != n and 1 not in (m, n) for m, n in zip(a.extent, b.extent)):
        raise refusal(operator, inputs, "two values of different sizes; expected one size, or a single row, column or channel")
    extent = tuple(max(m, n) for m, n in zip(a.extent, b.extent))
    height, width, channels = extent
    name = "addition" if name == "sum" else name
    return lowering.layer(operator, name, [a, b], extent, (1, channels, height, width), "chw")


def _same_order(a, b):
    if isinstance(a.order, np.ndarray) or isinstance(b.order, np.ndarray):
        return a.order is b.order or np.array_equal(a.permutation(), b.permutation())
    return a.is_trivial or a.order == b.order


def _sum(lowering, operator, inputs):
    result = inputs[0]
    for value in inputs[1:]:
        result = FUNCTIONS["Add"](lowering, operator, [result, value])
    return result


def _power(lowering, operator, inputs):
    value, exponent = _value(lowering, operator, inputs), _array(operator, inputs, 1)
    if exponent is None or exponent.size != 1 or exponent.ravel()[0] not in (1, 2):
        raise refusal(operator, inputs, "a power; expected 1 or 2")
    return value if exponent.ravel()[0] == 1 else lowering.layer(operator, "product", [value, value])


# ---- Functions of each number ----


def _named(kind):
    return _each(lambda lowering, operator, inputs: lowering.layer(operator, kind, [inputs[0]]))


def _negated(lowering, operator, inputs):
    return lowering.affine(operator, _value(lowering, operator, inputs), -1.0, 0.0)


def _clip(lowering, operator, inputs):
    if isinstance(inputs[0], Length):  # a bound that keeps a division by 0 away
        return inputs[0]
    bounds = [operator.get("min"), operator.get("max")]
    for i, array in enumerate([_array(operator, inputs, 1), _array(operator, inputs, 2)]):
        if array is not None and array.size == 1:
            bounds[i] = float(array.ravel()[0])
    return _clipped(lowering, operator, inputs, *bounds)


def _clipped(lowering, operator, inputs, low, high):
    limit = 3e38
    low = None if low is None or low <= -limit else low
    high = None if high is None or high >= limit else high
    if low is not None and high is not None and low > high:
        raise refusal(operator, inputs, f"bounds {low} and {high}; expected the smaller first")

    def one(lowering, operator, inputs):
        if low == 0 and high is None:
            return lowering.layer(operator, "rectifier", [inputs[0]])
        if low is None and high is None:
            return inputs[0]
        parameters = {key: number(bound) for key, bound in (("min", low), ("max", high)) if bound is not None}
        return lowering.layer(operator, "clip", [inputs[0]], parameters=parameters)

    return _each(one)(lowering, operator, inputs)


def _extreme(is_max):
    def lower(lowering, operator, inputs):
        if is_max and any(isinstance(value, Length) for value in inputs):
            return next(value for value in inputs if isinstance(value, Length))
        values = [value for value in inputs if not isinstance(value, np.ndarray)]
        arrays = [value for value in inputs if isinstance(value, np.ndarray)]
        if len(values) != 1 or any(array.size != 1 for array in arrays):
            raise refusal(operator, inputs, "several values; expected one with numbers as its bounds")
        bounds = [float(array.ravel()[0]) for array in arrays]
        low, high = (max(bounds), None) if is_max else (None, min(bounds))
        return _clipped(lowering, operator, values, low, high)

    return lower


@_each
def _hard_sigmoid(lowering, operator, inputs):
    return _hard(lowering, operator, inputs[0], operator.get("alpha", 0.2), operator.get("beta", 0.5))


def _hard(lowering, operator, value, alpha, beta):
    value = lowering.affine(operator, value, alpha, beta)
    return lowering.layer(operator, "clip", [value], parameters={"min": 0, "max": 1})


@_each
def _hard_swish(lowering, operator, inputs):
    gate = _hard(lowering, operator, inputs[0], 1 / 6, 0.5)
    return lowering.layer(operator, "product", [inputs[0], gate])


@_each
def _leaky(lowering, operator, inputs):
    slope = operator.get("alpha", 0.01)
    return lowering.layer(operator, "leaky-rectifier", [inputs[0]], parameters={"slope": number(slope)}, scale=slope)


def _parametric(lowering, operator, inputs):
    value, slope = _value(lowering, operator, inputs), _array(operator, inputs, 1)
    if slope is None:
        raise refusal(operator, inputs, "no slopes; expected constants")
    if slope.size == 1:
        slope = float(slope.ravel()[0])
        return lowering.layer(operator, "leaky-rectifier", [value], parameters={"slope": number(slope)}, scale=slope)
    if slope.ndim == 1 and len(value.shape) == 4 and slope.size == value.extent[2] and slope.size != value.shape[-1]:
        slope = slope.reshape(-1, 1, 1)  # cannot mean the columns, so it means the channels
    value, along = _with_constants(lowering, operator, inputs, value, slope)
    along = np.broadcast_to(along, (value.extent[2],))
    return lowering.layer(operator, "parametric-rectifier", [value], tensors={"weight": along})


def _softmax(lowering, operator, inputs):
    value = inputs[0]
    shape = value.shape
    axis = operator.get("axis", -1 if lowering.program.opset >= 13 else 1) % len(shape)
    if lowering.program.opset < 13 and constants.np.prod(shape[axis + 1 :], dtype=int) != 1:
        raise refusal(operator, inputs, f"softmax over all axes from {axis}, as before opset 13; expected one axis")

    def one(lowering, operator, inputs):
        part = _value(lowering, operator, inputs)
        along, channels = part.channel_axis(), part.extent[2]
        if along == axis:
            return lowering.layer(operator, "softmax", [part])
        # [1, cells, numbers], several cells for each pixel
        if axis == len(part.shape) - 1 and part.has("hwc") and channels % part.shape[-1] == 0:
            return lowering.layer(operator, "softmax", [part], parameters={"channels": part.shape[-1]})
        raise refusal(operator, inputs, f"softmax over axis {axis}; expected the channels")

    return _each(one)(lowering, operator, inputs)


# ---- Pooling and means ----


def _pool(pooling):
    def lower(lowering, operator, inputs):
        value = _picture(lowering, operator, inputs)
        kernel = _pair(operator.get("kernel_shape"), (), operator, inputs)
        strides = _pair(operator.get("strides"), (1, 1), operator, inputs)
        if list(operator.get("dilations", [1, 1])) != [1, 1] or operator.get("storage_order", 0):
            raise refusal(operator, inputs, "dilations; expected none")
        if len([name for name in operator.outputs if name]) > 1:
            raise refusal(operator, inputs, "places of maxima; expected the maxima alone")
        pads, rounds_up = _paddings(operator, inputs, value, kernel, strides, [1, 1]), bool(operator.get("ceil_mode", 0))
        if any(pad >= k for pad, k in zip(pads, [*kernel, *kernel])):
            raise refusal(operator, inputs, f"pads {pads} of a window {kernel}; expected less than the window")
        if pooling == "average" and operator.get("count_include_pad", 0) and any(pads):
            if rounds_up:
                raise refusal(operator, inputs, "padding that counts, with ceil_mode; expected one of them")
            value, pads = _bordered(lowering, operator, value, pads, 0), [0, 0, 0, 0]
        height, width, channels = value.extent
        sides = [_pooled(*each, rounds_up) for each in zip((height, width), kernel, strides, pads[:2], pads[2:])]
        parameters = {"pooling": pooling, "kernel": _sides(*kernel), "stride": _sides(*strides)}
        if padding_text(pads):
            parameters["padding"] = padding_text(pads)
        if rounds_up:
            parameters["rounds-up"] = "yes"
        return lowering.picture(operator, value, (*sides, channels), "pool", parameters=parameters)

    return lower


def _pooled(side, kernel, stride, before, after, rounds_up):
    room = side + before + after - kernel
    if room < 0:
        return 1 if rounds_up else 0
    count = (room + (stride - 1 if rounds_up else 0)) // stride + 1
    return count if (count - 1) * stride < side + before else count - 1


def _global_average(lowering, operator, inputs):
    value = _picture(lowering, operator, inputs)
    return lowering.picture(operator, value, (1, 1, value.extent[2]), "global-average")


def _global_maximum(lowering, operator, inputs):
    value = _picture(lowering, operator, inputs)
    height, width, channels = value.extent
    lowering.network.is_fixed = True
    parameters = {"pooling": "maximum", "kernel": _sides(height, width), "stride": 1}
    return lowering.picture(operator, value, (1, 1, channels), "pool", parameters=parameters)


def _mean(lowering, operator, inputs):
    value = _value(lowering, operator, inputs)
    rank = len(value.shape)
    axes = constants.axes_of(operator, [_array(operator, inputs, i) if i else None for i in range(len(inputs))])
    axes = sorted(axis % rank for axis in (axes or range(rank)))
    along = value.channel_axis()
    if along is None or axes != [axis for axis in range(1, rank) if axis != along]:
        raise refusal(operator, inputs, f"a mean over axes {axes}; expected the mean over all pixels")
    keeps = operator.get("keepdims", 1)
    shape = [1 if axis in axes else n for axis, n in enumerate(value.shape)] if keeps else [1, value.extent[2]]
    return lowering.layer(operator, "global-average", [value], (1, 1, value.extent[2]), shape, "chw")


# ---- Unit length ----


def _length(lowering, operator, inputs):
    value = _value(lowering, operator, inputs)
    axes = constants.axes_of(operator, [None, *[_array(operator, inputs, 1)]])
    _check_length(operator, inputs, value, axes)
    return Length(value, value.shape)


def _check_length(operator, inputs, value, axes):
    along = value.channel_axis() if not value.is_row or value.is_trivial else None
    if axes is None or len(axes) != 1 or along is None or axes[0] % len(value.shape) != along:
        raise refusal(operator, inputs, f"a length over axes {axes}; expected the length of each pixel's channels")


def _by_length(lowering, operator, inputs, kind):
    if kind == "divide" and isinstance(inputs[1], Length) and inputs[0] == inputs[1].of:
        return lowering.layer(operator, "unit-length", [inputs[0]])
    if kind == "add" and any(isinstance(value, np.ndarray) for value in inputs):  # what keeps a division by 0 away
        return next(value for value in inputs if isinstance(value, Length))
    raise refusal(operator, inputs, "a length for something else; expected a value divided by its own length")


def _unit(lowering, operator, inputs):
    value = _value(lowering, operator, inputs)
    if operator.get("p", 2) != 2:
        raise refusal(operator, inputs, f"norm {operator.get('p')}; expected 2")
    _check_length(operator, inputs, value, [operator.get("axis", -1)])
    return lowering.layer(operator, "unit-length", [value])


# ---- Shapes ----


def _identity(lowering, operator, inputs):
    return [inputs[0]] + [None] * (len(operator.outputs) - 1)


def _cast(lowering, operator, inputs):
    if operator.get("to") not in (1, 10, 11, 16):
        raise refusal(operator, inputs, f"a cast to type {operator.get('to')}; expected a floating-point type")
    return inputs[0]


def _shape(lowering, operator, inputs):
    shape = np.array(inputs[0].shape, np.int64)
    return shape[operator.get("start", 0) : operator.get("end", len(shape))]


def _reshaped(lowering, operator, inputs, shape):
    value = _value(lowering, operator, inputs)
    return value.shaped(shape)


def _reshape(lowering, operator, inputs):
    value = _value(lowering, operator, inputs)
    wanted = _array(operator, inputs, 1, operator.get("shape"))
    if wanted is None:
        raise refusal(operator, inputs, "no shape; expected one")
    try:
        return value.shaped(constants.reshaped(value.shape, wanted, operator.get("allowzero")))
    except ConvertError as error:
        raise refusal(operator, inputs, str(error)) from None


def _flatten(lowering, operator, inputs):
    value = _value(lowering, operator, inputs)
    axis = operator.get("axis", 1) % (len(value.shape) + 1)
    first = math.prod(value.shape[:axis])
    return value.shaped((first, math.prod(value.shape[axis:])))


def _squeeze(lowering, operator, inputs):
    value = _value(lowering, operator, inputs)
    axes = constants.axes_of(operator, [None, *[_array(operator, inputs, i) for i in range(1, len(inputs))]])
    axes = [i for i, n in enumerate(value.shape) if n == 1] if axes is None else [axis % len(value.shape) for axis in axes]
    if any(value.shape[axis] != 1 for axis in axes):
        raise refusal(operator, inputs, f"axes {axes}; expected axes of 1")
    return value.shaped([n for i, n in enumerate(value.shape) if i not in axes])


def _unsqueeze(lowering, operator, inputs):
    value = _value(lowering, operator, inputs)
    axes = constants.axes_of(operator, [None, *[_array(operator, inputs, i) for i in range(1, len(inputs))]])
    rank = len(value.shape) + len(axes)
    axes, rest = {axis % rank for axis in axes}, iter(value.shape)
    return value.shaped([1 if i in axes else next(rest) for i in range(rank)])


def _transpose(lowering, operator, inputs):
    value = _value(lowering, operator, inputs)
    rank = len(value.shape)
    order = [int(i) for i in operator.get("perm", range(rank)[::-1])]
    shape = [value.shape[i] for i in order]
    moved = [i for i in order if value.shape[i] != 1]
    if moved == sorted(moved):  # nothing but axes of 1 changes its place
        return value.shaped(shape)
    along = value.channel_axis()
    if along == 1 and order == [0, *range(2, rank), 1]:
        return value.shaped(shape, "hwc")
    if along == rank - 1 and order == [0, rank - 1, *range(1, rank - 1)]:
        return value.shaped(shape, "chw")
    raise refusal(operator, inputs, f"axes in order {order}; expected the channels moved to the end, or back")


def _concatenation(lowering, operator, inputs):
    if len(inputs) == 1:
        return inputs[0]
    parts = []
    for place, value in enumerate(inputs):
        parts += value.parts if isinstance(value, Pieces) else [_value(lowering, operator, inputs, place)]
    ranks = {len(part.shape) for part in parts}
    if len(ranks) != 1:
        raise refusal(operator, inputs, "values of different ranks; expected one rank")
    axis = operator.get("axis", 1) % ranks.pop()
    first = parts[0]
    if not any(isinstance(value, Pieces) for value in inputs):
        if all(part.channel_axis() == axis and part.extent[:2] == first.extent[:2] for part in parts) and all(
            part.has(first.order) if isinstance(first.order, str) else False for part in parts
        ):
            return _joined(lowering, operator, parts, axis)
        if all(part.is_row for part in parts) and axis == 1:
            return _joined_rows(lowering, operator, parts)
    if axis == 1 and all(
        len(part.shape) == 3 and part.shape[0] == 1 and part.has("hwc") and part.shape[2] == first.shape[2]
        and part.extent[2] % part.shape[2] == 0 for part in parts
    ):  # fmt: skip
        return Pieces(tuple(parts))
    raise refusal(operator, inputs, f"values joined along axis {axis}; expected pictures joined in their channels, rows, or cells")


def _joined(lowering, operator, parts, axis):
    channels = sum(part.extent[2] for part in parts)
    shape = list(parts[0].shape)
    shape[axis] = channels
    order = next((part.order for part in parts if not part.is_trivial), parts[0].order)
    return lowering.layer(operator, "concatenation", parts, (*parts[0].extent[:2], channels), shape, order)


def _joined_rows(lowering, operator, parts):
    flat = [lowering.flat(operator, part) for part in parts]
    places, first = [], 0
    for part in flat:
        places.append(part.permutation() + first)
        first += part.count
    whole = np.concatenate(places)
    order = "chw" if np.array_equal(whole, np.arange(first)) else whole
    return lowering.layer(operator, "concatenation", flat, (1, 1, first), (1, first), order)


def _slice(lowering, operator, inputs):
    value = _value(lowering, operator, inputs)
    arrays = [np.empty(value.shape, np.int8)] + [_array(operator, inputs, i) for i in range(1, len(inputs))]
    return _picked(lowering, operator, inputs, value, constants.compute(operator, _places(value, arrays), 0)[0])


def _places(value, arrays):
    return [np.arange(value.count).reshape(value.shape), *arrays[1:]]


def _split(lowering, operator, inputs):
    value = _value(lowering, operator, inputs)
    axis = operator.get("axis", 0) % len(value.shape)
    parts = _array(operator, inputs, 1, operator.get("split"))
    if parts is None:
        count = len(operator.outputs)
        each = -(-value.shape[axis] // count)
        parts = [min(each, value.shape[axis] - i * each) for i in range(count)]
    places = np.split(np.arange(value.count).reshape(value.shape), np.cumsum(np.ravel(parts))[:-1], axis)
    return [_picked(lowering, operator, inputs, value, place) for place in places]


def _picked(lowering, operator, inputs, value, places):
    """Some of the channels, by a convolution that copies them; `places` are their numbers in ONNX's order."""
    if places.shape == value.shape and np.array_equal(places.ravel(), np.arange(value.count)):
        return value
    axis = value.channel_axis()
    if axis is None or any(m != n for i, (m, n) in enumerate(zip(places.shape, value.shape)) if i != axis):
        raise refusal(operator, inputs, "a part of the rows or columns; expected a part of the channels")
    chosen = np.unravel_index(np.moveaxis(places, axis, 0).reshape(places.shape[axis], -1)[:, 0], value.shape)[axis]
    weight = np.zeros((len(chosen), value.extent[2], 1, 1))
    weight[np.arange(len(chosen)), chosen] = 1
    return lowering.layer(
        operator, "convolution", [value], (*value.extent[:2], len(chosen)), places.shape, value.order,
        {"filters": len(chosen), "kernel": 1, "bias": "no"}, {"weight": weight})


def _expand(lowering, operator, inputs):
    if isinstance(inputs[0], Length):
        return inputs[0]
    value, wanted = _value(lowering, operator, inputs), _array(operator, inputs, 1)
    if np.broadcast_shapes(value.shape, tuple(int(n) for n in wanted)) != value.shape:
        raise refusal(operator, inputs, f"a value repeated to {list(wanted)}; expected its own shape")
    return value


# ---- Borders and sizes ----


def _bordered(lowering, operator, value, pads, fill):
    top, left, bottom, right = pads
    if not any(pads):
        return value
    parameters = {key: n for key, n in zip(("top", "left", "bottom", "right"), pads) if n}
    if fill:
        parameters["value"] = number(fill)
    height, width, channels = value.extent
    return lowering.picture(operator, value, (height + top + bottom, width + left + right, channels), "border",
                            parameters=parameters)  # fmt: skip


def _pad(lowering, operator, inputs):
    pads = _array(operator, inputs, 1, operator.get("pads", operator.get("paddings")))
    fill = _array(operator, inputs, 2, operator.get("value", 0.0))
    fill, mode = float(np.ravel(fill)[0]), operator.get("mode", "constant")
    value = _value(lowering, operator, inputs)
    pads, rank = [int(n) for n in np.ravel(pads)], len(value.shape)
    axes = _array(operator, inputs, 3)
    axes = list(range(rank)) if axes is None else [int(axis) % rank for axis in np.ravel(axes)]
    before, after = dict(zip(axes, pads)), dict(zip(axes, pads[len(axes) :]))
    if not any(pads):
        return value
    value = _picture(lowering, operator, inputs)
    rest = [n for axis in before if axis < 2 for n in (before[axis], after[axis])]
    four = [before.get(2, 0), before.get(3, 0), after.get(2, 0), after.get(3, 0)]
    if min(pads) < 0 or rank != 4:
        raise refusal(operator, inputs, f"pads {pads}; expected 0 or more of a picture")
    if any(rest):
        return _more_channels(lowering, operator, inputs, value, before, after, four, fill, mode)
    if mode == "constant":
        return _bordered(lowering, operator, value, four, fill)
    if mode == "reflect" and len(set(four)) == 1 and four[0] < min(value.extent[:2]):
        height, width, channels = value.extent
        extent = (height + 2 * four[0], width + 2 * four[0], channels)
        return lowering.picture(operator, value, extent, "reflection", parameters={"count": four[0]})
    raise refusal(operator, inputs, f"pads {four} of mode {mode}; expected constants, or a reflection alike on all sides")


def _more_channels(lowering, operator, inputs, value, before, after, four, fill, mode):
    """Channels of zeros, by a convolution that copies the others."""
    if any(four) or fill or mode != "constant" or before.get(0, 0) or after.get(0, 0):
        raise refusal(operator, inputs, "a border around channels; expected channels of zeros alone")
    height, width, channels = value.extent
    count = channels + before[1] + after[1]
    weight = np.zeros((count, channels, 1, 1))
    weight[np.arange(channels) + before[1], np.arange(channels)] = 1
    return lowering.picture(operator, value, (height, width, count), "convolution", tensors={"weight": weight},
                            parameters={"filters": count, "kernel": 1, "bias": "no"})  # fmt: skip


COORDINATES = {"half_pixel": "half-pixel", "half_pixel_symmetric": "half-pixel", "pytorch_half_pixel": "half-pixel-or-zero",
               "asymmetric": "asymmetric", "align_corners": "corners"}  # fmt: skip
ROUNDINGS = {"floor": "floor", "ceil": "ceiling", "round_prefer_floor": "half-down", "round_prefer_ceil": "half-up"}


def _resize(lowering, operator, inputs):
    value = _picture(lowering, operator, inputs)
    mode = operator.get("mode", "nearest")
    coordinates = operator.get("coordinate_transformation_mode", "half_pixel")
    rounding = operator.get("nearest_mode", "round_prefer_floor")
    if operator.kind == "Upsample" or len(inputs) == 2:  # as before opset 11
        coordinates, rounding = "asymmetric", "floor"
        scales, sizes = _array(operator, inputs, 1, operator.get("scales")), None
    else:
        scales, sizes = _array(operator, inputs, 2), _array(operator, inputs, 3)
    if mode not in ("nearest", "linear", "bilinear") or coordinates not in COORDINATES or rounding not in ROUNDINGS:
        raise refusal(operator, inputs, f"mode {mode}, {coordinates}, {rounding}; expected nearest or linear, and coordinates of "
                                        + ", ".join(COORDINATES))  # fmt: skip
    if operator.get("antialias", 0) or operator.get("keep_aspect_ratio_policy", "stretch") != "stretch":
        raise refusal(operator, inputs, "antialias or keep_aspect_ratio_policy; expected neither")
    height, width, channels = value.extent
    axes = operator.get("axes")
    factors = _factors(operator, inputs, value, scales, sizes, axes)
    exact = [_side(side, factor) for side, factor in zip((height, width), factors)]
    extent = (*exact, channels)
    if mode != "nearest" or not _repeats(factors, COORDINATES[coordinates], ROUNDINGS[rounding]):
        parameters = {"mode": "nearest" if mode == "nearest" else "bilinear", "coordinates": COORDINATES[coordinates]}
        if coordinates == "half_pixel_symmetric" and any(f != int(f) for f in factors):
            raise refusal(operator, inputs, f"half_pixel_symmetric by {factors}; expected whole factors")
        if mode == "nearest":
            parameters["rounding"] = ROUNDINGS[rounding]
        whole = [np.float32(f) == f and len(number(f)) < 8 for f in factors]
        if sizes is not None and not all(whole):
            lowering.network.is_fixed = True
            parameters["height"], parameters["width"] = exact
        else:
            parameters["rows"] = number(factors[0])
            if factors[1] != factors[0]:
                parameters["columns"] = number(factors[1])
        return lowering.picture(operator, value, extent, "resize", parameters=parameters)
    if factors == [1, 1]:
        return value
    return lowering.picture(operator, value, extent, "upsampling", parameters={"factor": int(factors[0])})


def _side(side, factor):
    return int(math.floor(side * factor + 1e-6))


def _factors(operator, inputs, value, scales, sizes, axes):
    """Of height and width."""
    given = sizes if sizes is not None and sizes.size else scales
    if given is None or not np.size(given):
        raise refusal(operator, inputs, "neither scales nor sizes; expected one of them")
    given = [float(n) for n in np.ravel(given)]
    axes = list(range(4)) if axes is None else [int(axis) % 4 for axis in axes]
    if sizes is not None and sizes.size:
        by_axis = {axis: n / value.shape[axis] for axis, n in zip(axes, given)}
    else:
        by_axis = dict(zip(axes, given))
    if any(by_axis.get(axis, 1) != 1 for axis in (0, 1)) or min(by_axis.values()) <= 0:
        raise refusal(operator, inputs, f"factors {given}; expected those of height and width alone")
    return [by_axis.get(2, 1.0), by_axis.get(3, 1.0)]


def _repeats(factors, coordinates, rounding):
    """Whether each pixel is repeated in a square: both usual pairs of modes, at the factors where they do."""
    factor = factors[0]
    if factor != factors[1] or factor != int(factor):
        return False
    place = np.arange(int(factor) * 8, dtype=np.float32)
    place = {"half-pixel": (place + 0.5) / factor - 0.5, "half-pixel-or-zero": (place + 0.5) / factor - 0.5,
             "asymmetric": place / factor}.get(coordinates)  # fmt: skip
    if place is None:
        return False
    rounded = {"floor": np.floor, "ceiling": np.ceil, "half-down": lambda x: np.ceil(x - 0.5),
               "half-up": lambda x: np.floor(x + 0.5)}[rounding](place)  # fmt: skip
    return np.array_equal(np.clip(rounded, 0, 7), np.arange(int(factor) * 8) // int(factor))


# ---- Eight bits ----


def _quantize(lowering, operator, inputs):
    """Only the bounds of eight bits are kept: a rectifier may be in them."""
    value, scale, zero = _value(lowering, operator, inputs), _array(operator, inputs, 1), _array(operator, inputs, 2)
    if scale is None or scale.size != 1:
        raise refusal(operator, inputs, "a scale for each channel of a picture; expected one for all")
    zero = np.zeros(1, np.uint8) if zero is None else zero
    bounds = np.iinfo(zero.dtype)
    low, high = ((float(bound) - float(zero.ravel()[0])) * float(scale.ravel()[0]) for bound in (bounds.min, bounds.max))
    return lowering.layer(operator, "clip", [value], parameters={"min": number(low), "max": number(high)})


def _dequantize(lowering, operator, inputs):
    return _value(lowering, operator, inputs)


FUNCTIONS = {
    "Conv": _convolution, "ConvTranspose": _transposed, "Gemm": _gemm, "MatMul": _matmul,
    "BatchNormalization": _batch_normalisation, "InstanceNormalization": _instance_normalisation,
    "Add": _arithmetic("add"), "Sub": _arithmetic("subtract"), "Mul": _arithmetic("multiply"), "Div": _arithmetic("divide"),
    "Sum": _sum, "Pow": _power, "Neg": _negated,
    "Relu": _named("rectifier"), "Sigmoid": _named("sigmoid"), "Tanh": _named("tanh"), "PRelu": _parametric,
    "LeakyRelu": _leaky, "Clip": _clip, "Min": _extreme(False), "Max": _extreme(True), "HardSigmoid": _hard_sigmoid,
    "HardSwish": _hard_swish, "Softmax": _softmax,
    "MaxPool": _pool("maximum"), "AveragePool": _pool("average"), "GlobalAveragePool": _global_average,
    "GlobalMaxPool": _global_maximum, "ReduceMean": _mean, "ReduceL2": _length, "LpNormalization": _unit,
    "Dropout": _identity, "Identity": _identity, "Cast": _cast, "Shape": _shape, "Reshape": _reshape, "Flatten": _flatten,
    "Squeeze": _squeeze, "Unsqueeze": _unsqueeze, "Transpose": _transpose, "Concat": _concatenation, "Slice": _slice,
    "Split": _split, "Expand": _expand, "Pad": _pad, "Resize": _resize, "Upsample": _resize,
    "QuantizeLinear": _quantize, "DequantizeLinear": _dequantize,
}  # fmt: skip
