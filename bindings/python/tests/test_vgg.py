"""VGG-19 beside PyTorch: features, costs and the gradient of a pixel. Numbers: shared/reference/vgg19_reference.py."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

import facestyle as fs
import tolerances
from conftest import shared

POOLINGS = {"average": "avg", "max": "max"}


@pytest.fixture(scope="module")
def fixture():
    return load_file(shared("fixtures/vgg19_reference.safetensors"))


@pytest.fixture(scope="module")
def report():
    return json.loads(shared("fixtures/vgg19_reference.json").read_text())


@pytest.fixture(scope="module")
def pictures(fixture):
    with fs.Image.from_array(fixture["content_rgb"]) as content, fs.Image.from_array(fixture["style_rgb"]) as style:
        with fs.Image.from_array(fixture["generated_rgb"]) as generated:
            yield {"content": content, "style": style, "generated": generated}


def relative(got, want):
    return np.abs(got.astype(np.float64) - want).max() / np.abs(want).max()


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("layer", ["conv4_2", "conv5_1"])
def test_features_are_pytorchs(vgg, fixture, pictures, layer, pooling):
    want = fixture[f"{POOLINGS[pooling]}.{layer}"][0].transpose(1, 2, 0)
    got = vgg.features(pictures["content"], layer, pooling)
    assert got.shape == want.shape
    error = relative(got, want)
    print(f"{layer} {pooling}: relative error {error:.2e}")
    assert error <= tolerances.VGG


@pytest.mark.parametrize("pooling", POOLINGS)
def test_all_layers_have_pytorchs_shape_mean_and_length(vgg, report, pictures, pooling):
    numbers = report[POOLINGS[pooling]]
    for layer, (_, channels, height, width) in numbers["shapes"].items():
        got = vgg.features(pictures["content"], layer, pooling).astype(np.float64)
        assert got.shape == (height, width, channels)
        assert got.mean() == pytest.approx(numbers["content_feature_mean"][layer], rel=tolerances.VGG), layer
        assert np.linalg.norm(got) == pytest.approx(numbers["content_feature_l2"][layer], rel=tolerances.VGG), layer


@pytest.mark.parametrize("pooling", POOLINGS)
def test_the_gram_matrix_of_the_style_is_pytorchs(vgg, fixture, pictures, pooling):
    features = vgg.features(pictures["style"], "conv2_1", pooling)
    gram = fs.gram_matrix(features.reshape(-1, features.shape[2]).T)
    assert relative(gram, fixture[f"{POOLINGS[pooling]}.gram_conv2_1"]) <= tolerances.VGG


@pytest.mark.parametrize("pooling", POOLINGS)
def test_costs_and_gradient_are_pytorchs(styler, fixture, report, pictures, pooling):
    costs = styler.evaluate(**pictures, preset="course", pooling=pooling)
    numbers = report[POOLINGS[pooling]]
    # Ours is R, G, B by rows; PyTorch's is B, G, R by planes.
    gradient = fixture[f"{POOLINGS[pooling]}.pixel_gradient"][0, ::-1].transpose(1, 2, 0)
    errors = {
        "content": abs(costs.content / numbers["J_content"] - 1),
        "style": abs(costs.style / numbers["J_style"] - 1),
        "total": abs(costs.total / numbers["J"] - 1),
    }
    slope = np.linalg.norm(costs.gradient - gradient) / np.linalg.norm(gradient)
    print(pooling, {name: f"{error:.2e}" for name, error in (errors | {"gradient": slope}).items()})
    assert max(errors.values()) <= tolerances.VGG and slope <= tolerances.RECTIFIED_GRADIENT


def test_forty_steps_of_adam_follow_pytorchs(styler, fixture, report):
    content, style = (fs.Image.from_array(fixture[f"trace_{name}_rgb"]) for name in ("content", "style"))
    costs = []
    with content, style:
        styler.run(content, style, preset="course", steps=41, noise_ratio=0, learning_rate=2, pooling="average",
                   on_step=lambda progress: costs.append(progress.total)).close()
    for point in report["adam_trace_lr2_avg_pool_content_init"]:
        error = abs(costs[point["step"]] / point["J"] - 1)
        print(f"Adam, step {point['step']}: J {costs[point['step']]:.6g}, PyTorch's {point['J']:.6g}, {error:.1e} apart")
        assert error <= tolerances.TRACE


def test_the_model_describes_itself(vgg):
    assert vgg.architecture == "vgg19"
    assert vgg.parameter_count == 20024384  # 16 convolutions with their biases
    assert vgg.metadata("licence") and vgg.metadata("no such key") is None
    assert vgg.fingerprint != 0


def test_an_unknown_layer_is_refused_by_name(vgg, pictures):
    with pytest.raises(fs.FaceStyleError, match="conv9_9"):
        vgg.features(pictures["content"], "conv9_9")
