"""facestyle.convert: each operator of ONNX, alone and with its neighbours, against onnxruntime."""

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is absent: pip install onnx")
pytest.importorskip("onnxruntime", reason="onnxruntime is absent: pip install onnxruntime")

from onnx_files import Graph  # noqa: E402

import facestyle.convert as convert  # noqa: E402

SLOPES = [(4, 1, 1), (1, 4, 1, 1), (4,), (1,)]


def converted(tmp_path, graph, *outputs, **options):
    """The conversion, after onnxruntime and the library agreed on every output."""
    path = graph.save(tmp_path / "network.onnx", *outputs)
    options = {"kind": "network", "mean": (127.5, 127.5, 127.5), "scale": 1 / 64, **options}
    conversion = convert.convert(path, tmp_path / "network.safetensors", verify=True, **options)
    assert [name for name, _ in conversion.report] == list(outputs)
    return conversion


def text_of(tmp_path, graph, *outputs, **options):
    return converted(tmp_path, graph, *outputs, **options).network.text()


def refusal(tmp_path, graph, *outputs, **options):
    path = graph.save(tmp_path / "network.onnx", *outputs)
    with pytest.raises(convert.ConvertError) as error:
        convert.convert(path, tmp_path / "network.safetensors", **{"kind": "network", **options})
    assert not (tmp_path / "network.safetensors").exists()
    return str(error.value)


# ---- Operators written in pieces ----


@pytest.mark.parametrize("form", ["Div", "Reciprocal", "Mul", "quotient of one"])
def test_an_instance_normalisation_in_pieces_is_one_layer(tmp_path, form):
    graph = Graph((1, 3, 9, 7))
    x = graph.conv("input", 3, 4)
    d = graph("Sub", x, graph("ReduceMean", x, axes=[2, 3]))
    square = graph("Mul", d, d) if form == "Mul" else graph("Pow", d, np.float32(2))
    root = graph("Sqrt", graph("Add", np.float32(1e-3), graph("ReduceMean", square, axes=[2, 3])))
    if form == "Reciprocal":
        x = graph("Mul", graph("Reciprocal", root), d)
    elif form == "quotient of one":
        x = graph("Mul", d, graph("Div", np.float32(1), root))
    else:
        x = graph("Div", d, root)
    x = graph("Add", graph("Mul", x, graph.numbers(4, 1, 1)), graph.numbers(1, 4, 1, 1))
    assert "instance-normalisation epsilon=0.001 <" in text_of(tmp_path, graph, x)


def test_pieces_that_are_no_instance_normalisation_are_not_taken_for_one(tmp_path):
    graph = Graph((1, 3, 9, 7))
    x = graph.conv("input", 3, 4)
    d = graph("Sub", x, graph("ReduceMean", x, axes=[2, 3]))
    cube = graph("ReduceMean", graph("Pow", d, np.float32(3)), axes=[2, 3])
    assert "power; expected 1 or 2" in refusal(tmp_path, graph, graph("Div", d, graph("Sqrt", graph("Add", cube, np.float32(1)))))
    other = Graph((1, 3, 9, 7))
    x = other.conv("input", 3, 4)
    d = other("Sub", x, other("ReduceMean", x, axes=[2]))
    mean = other("ReduceMean", other("Mul", d, d), axes=[2, 3])
    assert "a mean over axes [2]" in refusal(tmp_path, other, other("Div", d, other("Sqrt", other("Add", mean, np.float32(1)))))


# ---- Sums ----


@pytest.mark.parametrize("kernel, attributes", [
    (3, {}), (3, {"pads": [1, 1, 1, 1]}), (3, {"strides": [2, 2], "pads": [0, 0, 1, 1]}), (3, {"dilations": [2, 2], "pads": [2, 2, 2, 2]}),
    ((1, 3), {"pads": [0, 1, 0, 1]}), ((3, 1), {"strides": [1, 2], "pads": [2, 0, 0, 0]}), ((2, 5), {"dilations": [3, 1]}),
    (3, {"auto_pad": "SAME_UPPER", "strides": [2, 2]}), (2, {"auto_pad": "SAME_LOWER"}), (3, {"auto_pad": "VALID"}),
    (1, {}), (5, {"pads": [3, 0, 1, 2], "strides": [3, 1]}),
])  # fmt: skip
@pytest.mark.parametrize("groups", [1, 3])
def test_a_convolution_of_any_window(tmp_path, kernel, attributes, groups):
    graph = Graph((1, 3, 11, 9))
    text = text_of(tmp_path, graph, graph.conv("input", 3, 6, kernel, group=groups, **attributes))
    assert text.count("\n") == 3 and "convolution" in text


def test_a_depthwise_convolution_behind_a_pointwise_one_and_without_bias(tmp_path):
    graph = Graph((1, 3, 16, 16))
    x = graph("Conv", "input", graph.numbers(16, 3, 1, 1))
    x = graph.conv(x, 16, 16, 3, group=16, pads=[1, 1, 1, 1], strides=[2, 2])
    assert "bias=no" in text_of(tmp_path, graph, graph.conv(x, 16, 24, 1))


@pytest.mark.parametrize("kernel, stride, pads, more, groups", [
    (2, 2, [0] * 4, [0, 0], 1), (4, 2, [1] * 4, [0, 0], 1), (3, 2, [1] * 4, [1, 1], 1), (2, 2, [0] * 4, [0, 0], 4),
    (4, 4, [0] * 4, [0, 0], 2), (3, 1, [1] * 4, [0, 0], 1), (3, 2, [0, 0, 1, 1], [0, 0], 1),
])  # fmt: skip
def test_a_transposed_convolution(tmp_path, kernel, stride, pads, more, groups):
    graph = Graph()
    x = graph.conv("input", 3, 4, 1)
    y = graph("ConvTranspose", x, graph.numbers(4, 8 // groups, kernel, kernel), graph.numbers(8), strides=[stride, stride], pads=pads,
              output_padding=more, group=groups)  # fmt: skip
    assert "transposed-convolution filters=8" in text_of(tmp_path, graph, graph("Relu", graph.normalise(y, 8)))


def test_a_transposed_convolution_of_another_size_is_refused(tmp_path):
    graph = Graph()
    y = graph("ConvTranspose", "input", graph.numbers(3, 2, 3, 3), strides=[2, 2])
    assert "a window of 3 with stride 2 and pads 0 and 0; expected a result of exactly 2 times the size" in refusal(tmp_path, graph, y)


@pytest.mark.parametrize("flatten", ["Flatten", "Reshape", "Reshape of Shape"])
def test_a_matrix_behind_a_picture_gets_reordered_weights(tmp_path, flatten):
    graph = Graph()
    x = graph.conv("input", 3, 4, 3, strides=[2, 2])
    if flatten == "Flatten":
        x = graph("Flatten", x)
    elif flatten == "Reshape":
        x = graph("Reshape", x, np.array([1, -1]))
    else:  # as PyTorch's x.view(x.size(0), -1)
        batch = graph("Unsqueeze", graph("Gather", graph("Shape", x), np.array(0)), np.array([0]))
        x = graph("Reshape", x, graph("Concat", batch, np.array([-1]), axis=0))
    x = graph("Gemm", x, graph.numbers(5, 24), graph.numbers(5), transB=1)
    assert "dense outputs=5" in text_of(tmp_path, graph, x)


def test_products_of_a_row_with_factors_and_biases_of_one(tmp_path):
    graph = Graph()
    x = graph("Flatten", graph("GlobalAveragePool", graph.conv("input", 3, 6)))
    y = graph("Gemm", x, graph.numbers(6, 4), graph.numbers(1, 4), alpha=0.5, beta=2.0)
    z = graph("Add", graph("MatMul", y, graph.numbers(4, 7)), graph.numbers(7))
    text = text_of(tmp_path, graph, z)
    assert text.count("dense") == 2 and "batch-normalisation" not in text  # the bias went into the sum


def test_a_matrix_on_channels_that_come_last(tmp_path):
    graph = Graph()
    x = graph("Transpose", graph.conv("input", 3, 6), perm=[0, 2, 3, 1])
    y = graph("Transpose", graph("MatMul", x, graph.numbers(6, 5)), perm=[0, 3, 1, 2])
    text_of(tmp_path, graph, graph.conv(y, 5, 2))


# ---- Normalisation, activation ----


def test_a_normalisation_goes_into_the_sum_before_it_with_the_files_epsilon(tmp_path):
    graph = Graph()
    x = graph("Relu", graph.normalise(graph.conv("input", 3, 4), 4, epsilon=0.1))
    text = text_of(tmp_path, graph, x)
    assert text.count("\n") == 3 and "activation=rectifier" in text


def test_a_normalisation_goes_into_the_sum_behind_it_where_no_window_leaves_the_picture(tmp_path):
    graph = Graph()
    x = graph("Sigmoid", graph.conv("input", 3, 4))
    y = graph.conv(graph.normalise(x, 4), 4, 6, 3, group=2)
    assert "batch-normalisation" not in text_of(tmp_path, graph, y)
    graph = Graph()
    x = graph("Sigmoid", graph.conv("input", 3, 4))
    y = graph.conv(graph.normalise(x, 4), 4, 6, 3, pads=[1, 1, 1, 1])
    assert "batch-normalisation" in text_of(tmp_path, graph, y)  # zeros around it are no zeros before it


def test_a_result_that_only_training_has_is_refused(tmp_path):
    graph = Graph(opset=13)
    x = graph("Dropout", graph.conv("input", 3, 4), outputs=2)
    assert "input 0 is absent" in refusal(tmp_path, graph, graph("Relu", x[1]))
    graph = Graph(opset=13)
    parts = [graph.numbers(4, low=0.5) for _ in range(4)]
    x = graph("BatchNormalization", graph.conv("input", 3, 4), *parts, outputs=2)
    assert "a second result that only training has" in refusal(tmp_path, graph, graph("Relu", x[1]))


def test_the_end_of_an_arcface_network(tmp_path):
    graph = Graph((1, 3, 16, 16))
    x = graph("PRelu", graph.conv("input", 3, 4, strides=[4, 4]), graph.numbers(4, 1, 1))
    x = graph("Flatten", graph("Dropout", graph.normalise(x, 4)))
    x = graph.normalise(graph("Gemm", x, graph.numbers(8, 64), graph.numbers(8), transB=1), 8)
    text = text_of(tmp_path, graph, x)
    assert "batch-normalisation" not in text and text.count("dense") == 1


def test_a_normalisation_whose_sum_is_read_twice_stays(tmp_path):
    graph = Graph()
    x = graph.conv("input", 3, 4)
    y = graph("Add", graph("Relu", graph.normalise(x, 4)), x)
    assert "batch-normalisation activation=rectifier" in text_of(tmp_path, graph, y)


def test_a_normalisation_of_a_flattened_picture(tmp_path):
    graph = Graph()
    x = graph("Flatten", graph("Sigmoid", graph.conv("input", 3, 2, strides=[3, 2])))
    x = graph.normalise(x, 2 * 2 * 2)
    text_of(tmp_path, graph, x, graph("Gemm", x, graph.numbers(8, 3)))


@pytest.mark.parametrize("slope", SLOPES)
@pytest.mark.parametrize("fused", [True, False])
def test_slopes_of_every_shape(tmp_path, slope, fused):
    graph = Graph((1, 3, 8, 7))
    x = graph.conv("input", 3, 4)  # 5 columns: four slopes are the channels'
    x = x if fused else graph("Tanh", x)
    y = graph("PRelu", x, graph.numbers(*slope))
    if slope == (4,):
        path = graph.save(tmp_path / "network.onnx", y)
        conversion = convert.convert(path, tmp_path / "out.safetensors", kind="network")  # onnxruntime refuses it
        assert "parametric" in conversion.network.text()
        return
    text = text_of(tmp_path, graph, y)
    assert ("activation=" if fused else "rectifier ") in text


def test_slopes_that_could_be_the_columns_are_refused(tmp_path):
    graph = Graph((1, 3, 8, 6))
    y = graph("PRelu", graph.conv("input", 3, 4), graph.numbers(4))  # 4 columns too
    assert "constants that differ from pixel to pixel" in refusal(tmp_path, graph, y)


@pytest.mark.parametrize("kind, attributes, layer", [
    ("Relu", {}, "rectifier"), ("LeakyRelu", {"alpha": 0.3}, "leaky"), ("LeakyRelu", {}, "leaky"), ("Sigmoid", {}, "sigmoid"),
    ("Tanh", {}, "tanh"), ("HardSwish", {}, "product"), ("HardSigmoid", {"alpha": 0.25, "beta": 0.4}, "clip"), ("HardSigmoid", {}, "clip"),
    ("Neg", {}, "convolution"),
])  # fmt: skip
def test_functions_of_each_number(tmp_path, kind, attributes, layer):
    graph = Graph()
    assert layer in text_of(tmp_path, graph, graph(kind, graph.conv("input", 3, 4), **attributes))


@pytest.mark.parametrize("bounds", [(0.0, 6.0), (-0.5, 0.25), (None, 0.5), (0.0, None), (0.125, None)])
@pytest.mark.parametrize("opset", [10, 17])
def test_bounds(tmp_path, bounds, opset):
    graph = Graph(opset=opset)
    x = graph.conv("input", 3, 4)
    if opset == 10:
        y = graph("Clip", x, **{key: bound for key, bound in zip(("min", "max"), bounds) if bound is not None})
    else:
        y = graph("Clip", x, *["" if bound is None else np.float32(bound) for bound in bounds])
    assert ("activation=rectifier" if bounds == (0.0, None) else "clip") in text_of(tmp_path, graph, y)


def test_minimum_and_maximum_with_a_number(tmp_path):
    graph = Graph()
    x = graph("Max", graph.conv("input", 3, 4), np.float32(-0.25))
    assert text_of(tmp_path, graph, graph("Min", x, np.float32(0.5))).count("clip") == 2


@pytest.mark.parametrize("opset", [11, 17])
def test_softmax_over_channels(tmp_path, opset):
    graph = Graph(opset=opset)
    x = graph.conv("input", 3, 4)
    if opset == 17:
        assert "softmax" in text_of(tmp_path, graph, graph("Softmax", x, axis=1))
    else:  # over all axes from 1 on
        assert "before opset 13" in refusal(tmp_path, graph, graph("Softmax", x, axis=1))
        row = graph("Flatten", graph("GlobalAveragePool", x))
        assert "softmax" in text_of(tmp_path, graph, graph("Softmax", row, axis=1))


# ---- Arithmetic ----


@pytest.mark.parametrize("kind", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("shape", [(), (1,), (4, 1, 1), (1, 4, 1, 1), (1, 1, 1, 1)])
def test_arithmetic_with_constants(tmp_path, kind, shape):
    graph = Graph()
    x = graph("Sigmoid", graph.conv("input", 3, 4))
    y = graph(kind, x, graph.numbers(*shape, low=0.5, high=2))
    text_of(tmp_path, graph, y, graph("Tanh", y))


@pytest.mark.parametrize("kind", ["Add", "Sub", "Mul"])
def test_arithmetic_with_the_constant_first(tmp_path, kind):
    graph = Graph()
    x = graph("Sigmoid", graph.conv("input", 3, 4))
    text_of(tmp_path, graph, graph(kind, graph.numbers(4, 1, 1), x))


def test_constants_that_differ_from_pixel_to_pixel_are_refused(tmp_path):
    graph = Graph()
    y = graph("Mul", graph.conv("input", 3, 4), graph.numbers(1, 1, 6, 4))
    assert 'Mul "/Mul_2" of [1, 4, 6, 4], [1, 1, 6, 4]: constants that differ' in refusal(tmp_path, graph, y)


@pytest.mark.parametrize("kind", ["Add", "Sub", "Mul", "Div"])
def test_arithmetic_between_values_of_one_size(tmp_path, kind):
    graph = Graph()
    a, b = graph("Relu", graph.conv("input", 3, 4)), graph("Sigmoid", graph.conv("input", 3, 4))
    text_of(tmp_path, graph, graph(kind, a, b), graph(kind, b, b))


@pytest.mark.parametrize("kind", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("turned", [False, True])
def test_arithmetic_with_one_pixel_or_one_channel(tmp_path, kind, turned):
    graph = Graph()
    a = graph("Sigmoid", graph.conv("input", 3, 4))
    b, c = graph("Sigmoid", graph("GlobalAveragePool", a)), graph("Sigmoid", graph.conv(a, 4, 1, 1))
    outputs = [graph(kind, *((other, a) if turned else (a, other))) for other in (b, c)]
    text_of(tmp_path, graph, *outputs)


def test_squeeze_and_excite(tmp_path):
    graph = Graph()
    x = graph("Relu", graph.conv("input", 3, 8))
    s = graph("ReduceMean", x, axes=[2, 3], keepdims=0)
    s = graph("Relu", graph("Gemm", s, graph.numbers(8, 2), graph.numbers(2)))
    s = graph("Sigmoid", graph("Gemm", s, graph.numbers(2, 8), graph.numbers(8)))
    s = graph("Reshape", s, np.array([-1, 8, 1, 1]))
    assert "product" in text_of(tmp_path, graph, graph.conv(graph("Mul", x, s), 8, 3))


def test_values_of_different_sizes_are_refused(tmp_path):
    graph = Graph()
    a, b = graph.conv("input", 3, 4), graph.conv("input", 3, 4, strides=[2, 2])
    assert "two values of different sizes" in refusal(tmp_path, graph, graph("Add", a, b))
    assert "input 1 is computed; expected constants there" in refusal(tmp_path, graph, graph("Conv", a, b))
    graph = Graph()
    a = graph("Flatten", graph.conv("input", 3, 4))
    b = graph("Gemm", a, graph.numbers(96, 96))
    assert "different orders" in refusal(tmp_path, graph, graph("Add", a, b))


def test_a_product_of_itself_and_a_power(tmp_path):
    graph = Graph()
    x = graph.conv("input", 3, 4)
    text_of(tmp_path, graph, graph("Mul", x, graph("Sigmoid", x)), graph("Pow", x, np.float32(2)))


# ---- Pooling ----


@pytest.mark.parametrize("kind", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize("attributes", [
    {"kernel_shape": [2, 2], "strides": [2, 2]}, {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
    {"kernel_shape": [3, 2], "strides": [1, 2], "pads": [0, 1, 2, 0]}, {"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1},
    {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 1, 1]},
    {"kernel_shape": [3, 3], "auto_pad": "SAME_UPPER", "strides": [2, 2]},
])  # fmt: skip
def test_pooling(tmp_path, kind, attributes):
    graph = Graph((1, 3, 9, 11))
    text_of(tmp_path, graph, graph(kind, graph.conv("input", 3, 5, 1), **attributes))


def test_an_average_that_counts_the_padding(tmp_path):
    graph = Graph((1, 3, 9, 11))
    y = graph("AveragePool", graph.conv("input", 3, 5, 1), kernel_shape=[3, 2], pads=[1, 0, 1, 1], count_include_pad=1)
    assert "border" in text_of(tmp_path, graph, y)


@pytest.mark.parametrize("kind", ["GlobalAveragePool", "GlobalMaxPool"])
def test_global_pooling(tmp_path, kind):
    graph = Graph()
    text_of(tmp_path, graph, graph(kind, graph.conv("input", 3, 5)))


@pytest.mark.parametrize("opset, keeps", [(17, 1), (17, 0), (18, 1), (18, 0)])
def test_the_mean_over_pixels(tmp_path, opset, keeps):
    graph = Graph(opset=opset)
    x = graph.conv("input", 3, 5)
    more = [np.array([-1, -2])] if opset == 18 else []
    y = graph("ReduceMean", x, *more, keepdims=keeps, **({} if more else {"axes": [2, 3]}))
    assert "global-average" in text_of(tmp_path, graph, y)


# ---- Shapes ----


def test_channels_are_joined_and_parted(tmp_path):
    graph = Graph()
    a, b = graph("Relu", graph.conv("input", 3, 4)), graph.conv("input", 3, 2)
    joined = graph("Concat", a, b, a, axis=1)
    first, second = graph("Split", joined, np.array([3, 7]), outputs=2, axis=1)
    picked = graph("Slice", joined, np.array([1]), np.array([9]), np.array([1]), np.array([3]))
    text_of(tmp_path, graph, joined, first, second, picked)


def test_groups_of_channels_are_exchanged_as_in_shufflenet(tmp_path):
    graph = Graph()
    x = graph("Relu", graph.conv("input", 3, 12))
    x = graph("Transpose", graph("Reshape", x, np.array([1, 3, 4, 6, 4])), perm=[0, 2, 1, 3, 4])
    x = graph("Reshape", x, np.array([1, 12, 6, 4]))
    text_of(tmp_path, graph, graph.conv(x, 12, 4, 3, group=4))


def test_rows_of_pictures_are_joined(tmp_path):
    graph = Graph((1, 3, 8, 8))
    a = graph.conv("input", 3, 2, 3, strides=[2, 2])
    b = graph.conv(a, 2, 4, 3)
    row = graph("Concat", graph("Flatten", a), graph("Flatten", b), graph("Flatten", graph("GlobalAveragePool", a)), axis=1)
    row = graph("Relu", row)
    text_of(tmp_path, graph, graph("Gemm", row, graph.numbers(24, 6), graph.numbers(6)), row)


@pytest.mark.parametrize("anchors", [1, 2])
def test_heads_that_end_in_cells_become_the_layers_before_them(tmp_path, anchors):
    graph = Graph((1, 3, 16, 16))
    a = graph.conv("input", 3, 4 * anchors, 3, pads=[1, 1, 1, 1], strides=[2, 2])
    head = graph("Reshape", graph("Transpose", a, perm=[0, 2, 3, 1]), np.array([1, -1, 4]))
    conversion = converted(tmp_path, graph, graph("Sigmoid", head), head)
    assert conversion.network.outputs.keys() == set(sum(conversion.features.values(), []))
    assert "flatten" not in conversion.network.text()


def test_cells_that_are_joined_over_strides_become_several_outputs(tmp_path):
    graph = Graph((1, 3, 16, 16))
    a = graph.conv("input", 3, 4, 3, pads=[1, 1, 1, 1], strides=[2, 2])
    b = graph.conv(a, 4, 4, 3, pads=[1, 1, 1, 1], strides=[2, 2])
    cells = [graph("Reshape", graph("Transpose", x, perm=[0, 2, 3, 1]), np.array([1, -1, 2])) for x in (a, b)]
    y = graph("Softmax", graph("Concat", *cells, axis=1), axis=-1)
    conversion = converted(tmp_path, graph, y)
    assert len(conversion.features[y]) == 2 and "softmax channels=2" in conversion.network.text()


def test_shapes_that_only_look_different(tmp_path):
    graph = Graph()
    x = graph("GlobalAveragePool", graph.conv("input", 3, 6))
    x = graph("Unsqueeze", graph("Squeeze", x, np.array([2, 3])), np.array([2, 3]))
    x = graph.conv(graph("Identity", graph("Cast", x, to=1)), 6, 4, 1)
    x = graph("Squeeze", x)
    text_of(tmp_path, graph, x)


def test_a_picture_with_channels_last(tmp_path):
    graph = Graph((1, 12, 10, 3))
    x = graph.conv(graph("Transpose", "input", perm=[0, 3, 1, 2]), 3, 4)
    y = graph("ReduceMean", graph("Transpose", x, perm=[0, 2, 3, 1]), axes=[1, 2], keepdims=0)
    text_of(tmp_path, graph, y)


def test_an_order_of_axes_that_is_not_ours_is_refused(tmp_path):
    graph = Graph()
    assert "axes in order [0, 1, 3, 2]" in refusal(tmp_path, graph, graph("Transpose", graph.conv("input", 3, 4), perm=[0, 1, 3, 2]))


# ---- Unit length ----


@pytest.mark.parametrize("way", ["LpNormalization", "ReduceL2", "ReduceL2 with a bound"])
def test_unit_length_at_the_end(tmp_path, way):
    graph = Graph()
    x = graph("Flatten", graph("GlobalAveragePool", graph.conv("input", 3, 6)))
    if way == "LpNormalization":
        y = graph(way, x, axis=1, p=2)
    else:
        length = graph("ReduceL2", x, axes=[1], keepdims=1)
        if "bound" in way:  # as torch.nn.functional.normalize
            length = graph("Expand", graph("Clip", length, np.float32(1e-12)), graph("Shape", x))
        y = graph("Div", x, length)
    assert "unit-length" in text_of(tmp_path, graph, y)


# ---- Borders, sizes ----


@pytest.mark.parametrize("opset", [10, 13])
@pytest.mark.parametrize("value", [0.0, 0.75])
def test_a_border(tmp_path, opset, value):
    graph = Graph(opset=opset)
    x, pads = graph("Sigmoid", graph.conv("input", 3, 4)), [0, 0, 1, 2, 0, 0, 3, 0]
    if opset == 10:
        y = graph("Pad", x, pads=pads, value=value)
    else:
        y = graph("Pad", x, np.array(pads), np.float32(value))
    text = text_of(tmp_path, graph, graph.conv(y, 4, 2, 3))
    assert ("border" in text) == (value != 0)  # zeros become the convolution's own


def test_a_reflection_and_more_channels(tmp_path):
    graph = Graph()
    x = graph("Pad", "input", np.array([0, 0, 2, 2, 0, 0, 2, 2]), mode="reflect")
    x = graph.conv(x, 3, 4, 5)
    text_of(tmp_path, graph, graph("Pad", x, np.array([0, 1, 0, 0, 0, 2, 0, 0])))


COORDINATES = ["half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners"]


@pytest.mark.parametrize("mode", ["nearest", "linear"])
@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize("factors", [(2, 2), (3, 3), (1.5, 2.5), (0.5, 1)])
def test_resizing_with_factors(tmp_path, mode, coordinates, factors):
    graph = Graph()
    x = graph.conv("input", 3, 4)
    y = graph("Resize", x, "", np.array([1, 1, *factors], np.float32), mode=mode, coordinate_transformation_mode=coordinates)
    text_of(tmp_path, graph, y)


@pytest.mark.parametrize("rounding", ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"])
@pytest.mark.parametrize("coordinates", COORDINATES)
def test_the_nearest_pixel_by_each_rounding(tmp_path, rounding, coordinates):
    graph = Graph()
    x = graph.conv("input", 3, 4)
    outputs = [
        graph("Resize", x, "", np.array([1, 1, f, f], np.float32), mode="nearest", coordinate_transformation_mode=coordinates,
              nearest_mode=rounding)
        for f in (2, 2.5)]  # fmt: skip
    text_of(tmp_path, graph, *outputs)


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_resizing_to_sizes(tmp_path, mode):
    graph = Graph()
    x = graph.conv("input", 3, 4)
    y = graph("Resize", x, "", "", np.array([1, 4, 7, 13]), mode=mode)
    z = graph("Resize", x, "", "", np.array([1, 4, 12, 8]), mode=mode, coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    text = text_of(tmp_path, graph, y, z)
    assert ("height=7 width=13" in text) and (mode == "linear" or "upsampling factor=2" in text)


@pytest.mark.parametrize("opset", [8, 9, 10])
@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_resizing_as_older_files_do(tmp_path, opset, mode):
    graph = Graph(opset=opset)
    x, factors = graph.conv("input", 3, 4), [1, 1, 2, 2]
    if opset == 8:
        y = graph("Upsample", x, mode=mode, scales=[float(f) for f in factors])
    else:
        y = graph("Upsample" if opset == 9 else "Resize", x, np.array(factors, np.float32), mode=mode)
    assert ("upsampling factor=2" if mode == "nearest" else "resize mode=bilinear") in text_of(tmp_path, graph, y)


def test_a_picture_resized_to_the_size_of_another_stays_free(tmp_path):
    graph = Graph((1, 3, None, None))
    a = graph.conv("input", 3, 4, 3, pads=[1, 1, 1, 1])
    b = graph.conv(a, 4, 4, 3, pads=[1, 1, 1, 1], strides=[2, 2])
    sides = graph("Slice", graph("Shape", a), np.array([2]), np.array([4]), np.array([0]))
    sizes = graph("Concat", np.array([1, 4]), graph("Cast", sides, to=7), axis=0)
    b = graph("Resize", b, "", "", sizes, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    y = graph("Add", a, b)
    text = text_of(tmp_path, graph, y)
    assert "upsampling factor=2" in text and text.startswith("input channels=3 mean")


@pytest.mark.parametrize("attributes", [{"mode": "cubic"}, {"coordinate_transformation_mode": "tf_crop_and_resize"}])
def test_other_resizing_is_refused(tmp_path, attributes):
    graph = Graph()
    y = graph("Resize", "input", "", np.array([1, 1, 2, 2], np.float32), **{"mode": "linear", **attributes})
    assert "expected nearest or linear, and coordinates of half_pixel" in refusal(tmp_path, graph, y)


# ---- Other things that exporters write ----


def test_an_instance_normalisation(tmp_path):
    graph = Graph()
    x = graph("InstanceNormalization", graph.conv("input", 3, 4), graph.numbers(4), graph.numbers(4), epsilon=0.01)
    assert "instance-normalisation epsilon=0.01" in text_of(tmp_path, graph, graph("Relu", x))


def test_weights_of_eight_bits_are_widened_and_a_rectifier_in_the_bounds_is_kept(tmp_path):
    graph = Graph()
    weight = graph.random.integers(-100, 100, (4, 3, 3, 3)).astype(np.int8)
    scale = graph.numbers(4, low=0.001, high=0.01)
    weight = graph("DequantizeLinear", weight, scale, np.zeros(4, np.int8), axis=0)
    x = graph("Conv", "input", weight)
    x = graph("DequantizeLinear", graph("QuantizeLinear", x, np.float32(1e-4), np.uint8(0)), np.float32(1e-4), np.uint8(0))
    path = graph.save(tmp_path / "network.onnx", x)
    conversion = convert.convert(path, tmp_path / "network.safetensors", kind="network")
    text = conversion.network.text()
    assert "clip min=0 max=0.0255" in text
    name = next(iter(conversion.network.tensors()))
    assert conversion.network.tensors()[name].dtype == np.float32


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64"])
def test_weights_of_other_widths_are_read_as_they_are(tmp_path, kind):
    import ml_dtypes

    dtype = ml_dtypes.bfloat16 if kind == "bfloat16" else np.dtype(kind)
    graph = Graph()
    x = graph("Conv", "input", graph.numbers(4, 3, 3, 3).astype(dtype))
    conversion = convert.convert(graph.save(tmp_path / "n.onnx", x), tmp_path / "n.safetensors", kind="network")
    (weight,) = conversion.network.tensors().values()
    wanted = Graph().numbers(4, 3, 3, 3).astype(dtype).astype(np.float32)
    assert weight.dtype == np.float32 and np.array_equal(weight, wanted)


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 15, 17, 18, 20])
def test_a_network_of_every_opset(tmp_path, opset):
    graph = Graph((None, 3, 16, 16), opset=opset)
    x = graph("Relu", graph.normalise(graph.conv("input", 3, 8, pads=[1, 1, 1, 1]), 8))
    y = graph.conv(x, 8, 8, pads=[1, 1, 1, 1])
    x = graph("MaxPool", graph("Add", x, y), kernel_shape=[2, 2], strides=[2, 2])
    x = graph("Flatten", graph("GlobalAveragePool", x))
    text_of(tmp_path, graph, graph("Gemm", x, graph.numbers(5, 8), graph.numbers(5), transB=1))


def test_a_mean_and_a_scale_at_the_input_go_to_its_line(tmp_path):
    graph = Graph()
    x = graph("Mul", graph("Sub", "input", np.float32(127.5)), np.float32(0.0078125))
    y = graph.conv(x, 3, 4, pads=[1, 1, 1, 1])
    text = text_of(tmp_path, graph, y, mean=(0, 0, 0), scale=1.0)
    assert "mean=127.5,127.5,127.5 scale=0.0078125" in text and text.count("\n") == 3
    graph = Graph()
    x = graph("Div", graph("Sub", "input", np.array([123, 117, 104], np.float32).reshape(3, 1, 1)), np.array(
        [58, 57, 57.5], np.float32).reshape(1, 3, 1, 1))  # fmt: skip
    text_of(tmp_path, graph, graph.conv(x, 3, 4, pads=[1, 1, 1, 1]), mean=(0, 0, 0), scale=1.0)
