"""Style transfer through its callbacks: it reports, stops, cancels, and never crashes the host."""

import numpy as np
import pytest

import facestyle as fs
import tolerances
from conftest import MODELS, REPOSITORY, gradient_array, memory_of
from facestyle import _c
from facestyle import style as style_module


@pytest.fixture(scope="module")
def content():
    with fs.Image.from_array(gradient_array(48, 32)) as image:
        yield image


@pytest.fixture(scope="module")
def style():
    stripes = np.indices((40, 40)).sum(0) % 8 // 4 * 255
    with fs.Image.from_array(stripes.astype(np.uint8)) as image:
        yield image


def paint(styler, content, style, preset="course", **options):
    with styler.run(content, style, preset=preset, **options) as picture:
        return picture.to_array()


def test_each_step_is_reported_and_the_cost_falls(styler, content, style):
    seen = []
    picture = paint(styler, content, style, steps=12, on_step=seen.append)
    assert picture.shape == (32, 48, 3)
    assert [(p.step, p.steps) for p in seen] == [(i, 12) for i in range(1, 13)]
    assert seen[-1].total < seen[0].total
    assert all(b.seconds >= a.seconds >= 0 for a, b in zip(seen, seen[1:]))
    for p in seen:
        assert p.total == pytest.approx(10 * p.content + 40 * p.style, rel=1e-6)


@pytest.mark.parametrize("loss", ["moments", "wasserstein"])
def test_pictures_that_hardly_vary_have_costs_of_0_or_more_and_are_painted(styler, content, loss):
    """A style of one colour, and a pale drawing: variances are less than the roundings of the squares that they come from."""
    drawing = 250 + np.random.default_rng(1).integers(0, 5, (32, 48), dtype=np.uint8)
    with fs.Image.from_array(np.zeros((40, 40), np.uint8)) as black, fs.Image.from_array(drawing) as pale:
        for picture, style in ((content, black), (pale, black), (pale, pale), (black, pale)):
            found = styler.evaluate(picture, picture, style, preset="crowsonkb", style_loss=loss)
            assert np.isfinite(found.gradient).all() and np.isfinite(found.total) and found.style >= 0
        seen = []
        styler.run(content, black, preset="crowsonkb", style_loss=loss, steps=3, on_step=seen.append).close()
        assert all(progress.style >= 0 and np.isfinite(progress.total) for progress in seen)


def test_the_same_seed_gives_the_same_picture(styler, content, style):
    first, again = (paint(styler, content, style, steps=2, seed=5) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, paint(styler, content, style, steps=2, seed=6))


def test_any_number_of_threads_gives_the_same_picture(styler, content, style):
    pictures = []
    for count in (1, 3, 0):
        fs.set_threads(count)
        pictures.append(paint(styler, content, style, steps=2))
    assert np.array_equal(pictures[0], pictures[1]) and np.array_equal(pictures[0], pictures[2])


def test_the_size_of_the_picture_is_a_choice(styler, content, style):
    assert paint(styler, content, style, steps=1, width=40, height=24).shape == (24, 40, 3)
    assert paint(styler, content, style, steps=1, width=24).shape == (16, 24, 3)


def test_finish_keeps_the_picture_so_far(styler, content, style):
    previews = []

    def on_step(progress):
        with progress.preview() as picture:
            previews.append(picture.to_array())
        return "finish" if progress.step == 3 else None

    picture = paint(styler, content, style, steps=50, on_step=on_step)
    assert len(previews) == 3
    assert np.array_equal(picture, previews[-1])
    assert np.array_equal(picture, paint(styler, content, style, steps=3))


def test_cancel_is_an_exception(styler, content, style):
    with pytest.raises(fs.Cancelled):
        styler.run(content, style, steps=50, on_step=lambda progress: "cancel")


def test_an_exception_in_the_callback_comes_out_as_it_is(styler, content, style):
    class Mine(BaseException):
        pass

    error = Mine("step 2")

    def on_step(progress):
        if progress.step == 2:
            raise error

    with pytest.raises(Mine) as caught:
        styler.run(content, style, steps=50, on_step=on_step)
    assert caught.value is error
    assert paint(styler, content, style, steps=1).any()  # the styler is fit for more


def test_a_callback_that_answers_nonsense_is_told(styler, content, style):
    with pytest.raises(ValueError, match="the result of on_step is 'stop'"):
        styler.run(content, style, steps=50, on_step=lambda progress: "stop")


def test_the_styler_cannot_be_used_or_closed_inside_the_callback(vgg, content, style):
    def on_step(progress):
        for use in (styler.close, lambda: styler.run(content, style), lambda: styler.evaluate(content, content, style)):
            with pytest.raises(ValueError, match="at work"):
                use()
        return "finish"

    with fs.Styler(vgg) as styler:
        styler.run(content, style, steps=50, on_step=on_step).close()


def test_a_preview_after_the_step_is_refused(styler, content, style):
    kept = []
    paint(styler, content, style, steps=1, on_step=kept.append)
    with pytest.raises(ValueError, match="the step is over"):
        kept[0].preview()


def test_options_are_checked(styler, content, style):
    with pytest.raises(TypeError, match="'step'"):
        styler.run(content, style, step=3)
    with pytest.raises(ValueError, match="steps is -1"):
        styler.run(content, style, steps=-1)
    with pytest.raises(ValueError, match="'median'"):
        styler.run(content, style, pooling="median")
    for options in ({"learning_rate": float("nan")}, {"noise_ratio": 1.5}, {"content_layer": "conv7_1"},
                    {"style_layers": {"conv1_9": 1}}, {"width": 70000}):  # fmt: skip
        with pytest.raises(fs.FaceStyleError):
            styler.run(content, style, steps=1, **options)


def test_presets_are_the_librarys_and_stand_in_the_guide():
    numbers = [number for name, number in vars(_c).items() if name.startswith("FS_PRESET_")]
    assert list(style_module.PRESETS.values()) == sorted(numbers)
    assert list(style_module.PRESETS)[:2] == ["pyramid", "course"]
    guide = "\n".join(path.read_text() for path in (REPOSITORY / "docs").glob("**/*.md"))
    for name in style_module.PRESETS:
        assert f"| `{name}` |" in guide, name


def test_several_styles_are_run_as_a_job_of_them(styler, content, style):
    options = dict(preset="course", steps=4, width=24)
    seen = []
    with styler.run(content, [style, content], weights=[1, 3], on_step=seen.append, **options) as mixed:
        with styler.job(content, [style, content], [1, 3], **options) as job:
            while job.step().ending is None:
                pass
            with job.result() as wanted:
                assert np.array_equal(mixed.to_array(), wanted.to_array())
    assert [progress.step for progress in seen] == [1, 2, 3, 4]
    with styler.run(content, [style], **options) as listed, styler.run(content, style, **options) as alone:
        assert np.array_equal(listed.to_array(), alone.to_array())
    with styler.run(content, [style, content], on_step=lambda now: "finish" if now.step == 2 else None, **options) as part:
        assert part.width == 24
    with pytest.raises(fs.Cancelled):
        styler.run(content, [style, content], on_step=lambda now: "cancel", **options)
    with pytest.raises(ZeroDivisionError):
        styler.run(content, [style, content], on_step=lambda now: 1 / 0, **options)
    with pytest.raises(ValueError, match="1 weights for 2 styles"):
        styler.run(content, [style, content], weights=[1], **options)


def test_a_bar_shows_the_steps(styler, content, style, capsys):
    styler.run(content, style, preset="course", steps=3, progress=True).close()
    assert "3/3" in capsys.readouterr().err


def test_layers_and_weights_are_choices(styler, content, style):
    styler_evaluate = lambda *pictures, **options: styler.evaluate(*pictures, preset="course", **options)
    plain = styler_evaluate(content, content, style)
    assert plain.content == 0 and plain.style > 0
    one = styler_evaluate(content, content, style, style_layers={"conv1_1": 1, "conv3_1": 0.5}, style_weight=2)
    first = styler_evaluate(content, content, style, style_layers={"conv1_1": 1})
    third = styler_evaluate(content, content, style, style_layers=[("conv3_1", 1)])
    assert one.style == pytest.approx(first.style + 0.5 * third.style, rel=1e-5)
    assert one.total == pytest.approx(2 * one.style, rel=1e-6)


def test_regions_maps_and_frames_before_count(styler, content, style):
    left = np.zeros((32, 48), np.uint8)
    left[:, :24] = 255
    with fs.Image.from_array(left) as mask, fs.Image.from_array(gradient_array(48, 32)[:, ::-1].copy()) as frame:
        plain = paint(styler, content, style, preset="gatys", steps=8)
        for options in (
            {"regions": [(mask, None)]}, {"regions": [(None, None)], "mask_kind": "soft", "content_map": mask},
            {"before": frame, "before_mask": mask, "temporal_weight": 1e5}, {"start": "image", "start_image": frame}, {"preconditioning": 0},
        ):  # fmt: skip
            assert not np.array_equal(paint(styler, content, style, preset="gatys", steps=8, **options), plain), options
        # The style stays where the mask is: to the right of it and of what its units see, the picture is the content's.
        masked = paint(styler, content, style, preset="gatys", steps=8, regions=[(mask, None)], style_layers={"conv1_1": 1})
        away = np.abs(masked.astype(int) - content.to_array()).max((0, 2))
        assert away[:20].max() > 20 and away[30:].max() < 3
        with pytest.raises(fs.FaceStyleError, match="2 regions for 1 style"):
            paint(styler, content, style, regions=[(mask, None)] * 2)
        with pytest.raises(fs.FaceStyleError, match="48x32 for a style of 40x40"):
            paint(styler, content, style, regions=[(None, mask)])


@pytest.mark.parametrize("loss", ["gram", "moments", "wasserstein"])
@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_pictures_of_one_colour_or_one_pixel_are_painted(loss, optimizer, styler, content):
    black, dot = np.zeros((20, 30), np.uint8), np.full((1, 1), 200, np.uint8)
    with fs.Image.from_array(black) as dark, fs.Image.from_array(dot) as point:
        for what, like in ((dark, dark), (content, dark), (dark, content), (point, content), (content, point), (point, point)):
            seen = []
            with styler.run(
                what, like, preset="gatys", steps=3, style_loss=loss, optimizer=optimizer, on_step=seen.append) as picture:  # fmt: skip
                assert (picture.width, picture.height) == (what.width, what.height)
            assert seen and all(np.isfinite(p.total) for p in seen)


def test_sixteen_bits_and_alpha_are_kept(styler, content, style):
    deep = gradient_array(48, 32).astype(np.uint16) * 257
    alpha = np.full((32, 48, 1), 255, np.uint8)
    alpha[:, :20] = 100
    options = {"preset": "gatys", "steps": 4}
    with fs.Image.from_array(deep) as picture, styler.run(picture, style, **options) as painted:
        assert painted.bits == 16
        # The same picture in 8 bits is painted the same, and rounds to the same.
        with styler.run(content, style, **options) as plain:
            assert plain.bits == 8 and np.array_equal(plain.to_array(), painted.to_array())
    with styler.run(content, style, depth=16, colours="luminance", **options) as painted:
        assert painted.bits == 16
    with fs.Image.from_array(np.concatenate([gradient_array(48, 32), alpha], 2)) as picture:
        with styler.run(picture, style, **options) as painted:
            assert np.array_equal(painted.alpha, alpha[..., 0])


def test_a_frame_is_moved_by_its_flow(content):
    flow = np.zeros((32, 48, 2))
    flow[..., 0] = 5
    moved, mask = fs.flow_warp(content, flow)
    with moved, mask:
        assert np.array_equal(moved.to_array()[:, :43], content.to_array()[:, 5:])
        assert (mask.to_array()[:, :43] == 255).all() and (mask.to_array()[:, 43:] == 0).all()
    with pytest.raises(ValueError, match="flow is"):
        fs.flow_warp(content, flow[:-1])


def test_a_face_map_is_white_at_the_eyes():
    face = fs.Face(np.array([[20, 20], [40, 20], [30, 30], [24, 40], [36, 40]]))
    with fs.face_map(60, 50, [face]) as picture:
        levels = picture.to_array()
    assert levels[20, 20].min() == levels[20, 40].min() == levels[40, 30].min() == 255 and levels[0, 0].max() == 0
    with pytest.raises(fs.FaceStyleError, match="a face without points"):
        fs.face_map(60, 50, [fs.Face(None)])


def test_the_gradient_is_the_change_of_the_cost(styler, style):
    random = np.random.default_rng(1)
    generated = random.integers(2, 254, (33, 47, 3)).astype(np.uint8)
    with fs.Image.from_array(gradient_array(47, 33)) as content:

        def costs(array):
            with fs.Image.from_array(array.astype(np.uint8)) as image:
                return styler.evaluate(image, content, style, preset="course")

        gradient = costs(generated).gradient
        # Few pixels move, each by one level uphill, so that few ReLUs change sides.
        step = np.sign(gradient).astype(int) * (random.random(gradient.shape) < 0.1)
        slope = (costs(generated + step).total - costs(generated - step).total) / 2
    assert slope == pytest.approx((gradient * step).sum(), rel=tolerances.GRADIENT_DIFFERENCE)


def test_a_styler_outlives_its_model(vgg, content, style):
    from conftest import open_model

    with open_model("vgg19") as model:
        styler = fs.Styler(model)
    with styler:
        assert paint(styler, content, style, steps=1).any()
    with pytest.raises(ValueError, match="this Styler is closed"):
        styler.run(content, style)
    styler.close()


PAINT = """
styler = fs.Styler(fs.Model.open(sys.argv[1]))
width, height = map(int, sys.argv[2:])
content, style = noise(height, width), noise(height, width)
needed = lambda: styler.memory_needed(width, height, steps=2, PRESET)
work = lambda: styler.run(content, style, steps=2, PRESET).close()
"""


@pytest.mark.parametrize(
    "preset, within",
    [("preset='course'", 4e6), ("preset='pyramid'", 24e6), ("preset='course', tile=64", 4e6), ("preset='crowsonkb'", 24e6)],
)
@pytest.mark.parametrize("width, height", [(200, 150), (512, 512)])
def test_the_forecast_of_memory_is_true(vgg, width, height, preset, within):
    needed, grown, again = memory_of(PAINT.replace("PRESET", preset), MODELS / "vgg19.safetensors", width, height)
    assert needed == pytest.approx(grown, rel=0.1, abs=within)
    assert again < needed  # the weights are laid out now


@pytest.mark.parametrize(
    "options, spare",
    # L-BFGS forecasts what its longest search holds; a short one has two gradients less.
    [("optimizer='adam'", 0), ("optimizer='adam', averaging=0.9", 0), ("optimizer='adam', tile=0", 0), ("optimizer='lbfgs', history=2", 2)],
)
def test_the_forecast_of_memory_knows_every_picture_that_is_held(vgg, options, spare):
    side, shallow = 1024, "preset='course', tile=64, content_layers={'conv1_1': 1}, style_layers={'conv1_1': 1}"
    setup = PAINT.replace("PRESET", f"**(dict({shallow}) | dict({options}))")
    needed, grown, _ = memory_of(setup, MODELS / "vgg19.safetensors", side, side)
    picture = 4 * 3 * side * side
    assert -picture / 2 < needed - grown < picture * (spare + 0.5)


def test_the_forecast_of_memory_follows_size_and_options(styler):
    whole = styler.memory_needed(400, 300)
    assert styler.memory_needed(400, 300, history=20) > whole + 20 * 400 * 300 * 3 * 4
    assert styler.memory_needed(200, 150, width=400) == whole
    assert styler.memory_needed(400, 300, style_layers={"conv1_1": 1}) < whole
    assert styler.memory_needed(1600, 1200) > 8 * whole > 0


def test_a_forecast_of_memory_refuses_what_cannot_be_painted(styler):
    for sides in ((0, 9), (9, 0), (65501, 1), (2**32 - 1, 2**32 - 1), (65500, 65500)):
        with pytest.raises(fs.FaceStyleError) as caught:
            styler.memory_needed(*sides)
        assert caught.value.name == "FS_INVALID_ARGUMENT"
    with pytest.raises(ValueError, match="width is -1"):
        styler.memory_needed(-1, 9)
    with pytest.raises(fs.FaceStyleError, match="conv7_1"):
        styler.memory_needed(9, 9, content_layer="conv7_1")
