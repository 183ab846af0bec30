/* Which pixels count: of networks of a few numbers, whose derivatives are written out here. */
#include "weights.h"

#define WIDTH 7
#define HEIGHT 5
#define COUNT ((size_t)WIDTH * HEIGHT * 3)

/* Two units of 3x3 pixels, rectified. `weights` receives [2, 3, 3, 3]. */
static fs_model *filters(float weights[54]) {
  builder b;
  const size_t kernel[] = {2, 3, 3, 3};
  begin(&b, "\"architecture\":\"graph\",\"graph\":\"input channels=3 scale=0.5\\n"
            "c convolution filters=2 kernel=3 padding=1 bias=no activation=rectifier < input\\noutput c\"");
  add(&b, "c.weight", 4, kernel, 0.5f, 0.2f);
  memcpy(weights, b.values, 54 * sizeof(float));
  return finish(&b);
}

static void unit_pixels(void) {
  float weights[54], values[COUNT], features[WIDTH * HEIGHT * 2];
  fs_model *model = filters(weights);
  fs_image *image = picture(WIDTH, HEIGHT, 4);
  fs_unit_patch patch;
  uint32_t shape[3];
  if (!model || !image) return;

  TEST("a place's gradient is the filter, in the picture's levels, and 0 elsewhere") {
    const uint32_t places[3][2] = {{2, 3}, {0, 0}, {4, 6}};
    for (int p = 0; p < 3; p++) {
      memset(values, 0x5e, sizeof values);
      const uint32_t *at = places[p];
      if (!CHECK_OK(fs_model_unit_pixels(model, image, "c", 1, at, FS_WAY_BACK_DECONVOLUTION, FS_POOLING_MAX, values, COUNT, &patch)))
        continue;
      for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
          for (int c = 0; c < 3; c++) {
            int ky = y - (int)at[0] + 1, kx = x - (int)at[1] + 1;
            bool inside = ky >= 0 && ky < 3 && kx >= 0 && kx < 3;
            CHECK_NEAR(values[(y * WIDTH + x) * 3 + c], inside ? 0.5f * weights[27 + 9 * c + 3 * ky + kx] : 0, 1e-6);
          }
      CHECK(patch.row == at[0] && patch.column == at[1] && patch.picture == 0);
      CHECK(patch.x == (int)at[1] - 1 && patch.y == (int)at[0] - 1 && patch.width == 3 && patch.height == 3);
    }
  }
  TEST("without a place it is the strongest answer's") {
    REQUIRE_OK(fs_model_features(model, image, "c", FS_POOLING_MAX, features, WIDTH * HEIGHT * 2, shape));
    size_t best = 0;
    for (size_t i = 0; i < WIDTH * HEIGHT; i++)
      if (features[2 * i] > features[2 * best]) best = i;
    REQUIRE_OK(fs_model_unit_pixels(model, image, "c", 0, NULL, FS_WAY_BACK_GRADIENT, FS_POOLING_MAX, values, COUNT, &patch));
    CHECK(patch.row == best / WIDTH && patch.column == best % WIDTH && patch.activation == features[2 * best]);
    CHECK_OK(fs_model_unit_pixels(model, image, "c", 0, NULL, FS_WAY_BACK_GUIDED, FS_POOLING_MAX, values, COUNT, NULL));
  }
  TEST("what is not there is refused, and nothing is written") {
    const uint32_t below[2] = {HEIGHT, 0}, beside[2] = {0, WIDTH};
    test_mark(values, sizeof values, false);
#define PIXELS(m, i, layer, unit, place, way, pooling, room) \
  fs_model_unit_pixels(m, i, layer, unit, place, way, pooling, values, room, &patch)
#define REFUSED(status, ...) CHECK_REFUSED(status, patch, PIXELS(__VA_ARGS__))
    const fs_way_back guided = FS_WAY_BACK_GUIDED;
    REFUSED(FS_INVALID_ARGUMENT, NULL, image, "c", 0, NULL, guided, FS_POOLING_MAX, COUNT);
    REFUSED(FS_INVALID_ARGUMENT, model, NULL, "c", 0, NULL, guided, FS_POOLING_MAX, COUNT);
    REFUSED(FS_INVALID_ARGUMENT, model, image, NULL, 0, NULL, guided, FS_POOLING_MAX, COUNT);
    REFUSED(FS_NOT_FOUND, model, image, "d", 0, NULL, guided, FS_POOLING_MAX, COUNT);
    REFUSED(FS_INVALID_ARGUMENT, model, image, "c", 2, NULL, guided, FS_POOLING_MAX, COUNT);
    CHECK(strstr(fs_last_error(), "unit 2; expected less than 2"));
    REFUSED(FS_INVALID_ARGUMENT, model, image, "c", 0, below, guided, FS_POOLING_MAX, COUNT);
    REFUSED(FS_INVALID_ARGUMENT, model, image, "c", 0, beside, guided, FS_POOLING_MAX, COUNT);
    REFUSED(FS_INVALID_ARGUMENT, model, image, "c", 0, NULL, (fs_way_back)3, FS_POOLING_MAX, COUNT);
    CHECK(strstr(fs_last_error(), "way back 3; expected 0 to 2"));
    REFUSED(FS_INVALID_ARGUMENT, model, image, "c", 0, NULL, guided, (fs_pooling)9, COUNT);
    REFUSED(FS_INVALID_ARGUMENT, model, image, "c", 0, NULL, guided, FS_POOLING_MAX, COUNT - 1);
    CHECK(test_untouched(values, sizeof values));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_unit_pixels(model, image, "c", 0, NULL, guided, FS_POOLING_MAX, NULL, COUNT, NULL));
  }
  fs_image_destroy(image), fs_model_destroy(model);
}

/* Two numbers of a matrix on 4x3 pixels. `weights` receives [2, 36]. */
static fs_model *matrix(float weights[72]) {
  builder b;
  const size_t shape[] = {2, 36};
  begin(&b, "\"architecture\":\"graph\",\"threshold\":\"1\",\"template\":\"whole\",\"graph\":\"input channels=3 height=3 width=4\\n"
            "e dense outputs=2 bias=no < input\\noutput embedding = e\"");
  add(&b, "e.weight", 2, shape, 0.01f, 0);
  memcpy(weights, b.values, 72 * sizeof(float));
  return finish(&b);
}

static void distances(void) {
  float weights[72], a_gradient[36], b_gradient[36], again[36], back[36], difference[2] = {0, 0}, distance = 0;
  fs_model *model = matrix(weights);
  fs_embedder *embedder = NULL;
  fs_image *a = picture(4, 3, 1), *b = picture(4, 3, 2), *other = picture(5, 3, 3), *first = NULL, *second = NULL;
  if (!model || !CHECK_OK(fs_embedder_create(&embedder, model))) return;

  TEST("the squared distance's derivative is twice the matrix, turned, times the difference") {
    REQUIRE_OK(fs_embedder_distance_gradient(embedder, a, b, &distance, a_gradient, b_gradient, 36));
    for (int k = 0; k < 2; k++)
      for (int i = 0; i < 36; i++)
        difference[k] += weights[36 * k + i] * (float)(fs_image_data(a)[i] - fs_image_data(b)[i]);
    CHECK_NEAR(distance, sqrtf(difference[0] * difference[0] + difference[1] * difference[1]), 1e-4);
    for (int i = 0; i < 36; i++) {
      float wanted = 2 * (weights[i] * difference[0] + weights[36 + i] * difference[1]);
      CHECK_NEAR(a_gradient[i], wanted, 1e-5);
      CHECK(b_gradient[i] == -a_gradient[i]); /* a network that is one matrix */
    }
  }
  TEST("with the chips in turn the gradients are in turn, and of equal chips they are 0") {
    REQUIRE_OK(fs_embedder_distance_gradient(embedder, b, a, NULL, again, back, 36));
    CHECK(memcmp(again, b_gradient, sizeof again) == 0 && memcmp(back, a_gradient, sizeof back) == 0);
    REQUIRE_OK(fs_embedder_distance_gradient(embedder, a, a, &distance, again, back, 36));
    for (int i = 0; i < 36; i++) CHECK(again[i] == 0 && back[i] == 0);
    CHECK(distance == 0);
  }
  TEST("heat maps have the chips' size, and of equal chips no warm pixel") {
    REQUIRE_OK(fs_embedder_heat(embedder, a, b, &first, &second, &distance));
    CHECK(fs_image_width(first) == 4 && fs_image_height(second) == 3 && distance > 0);
    fs_image_destroy(first), fs_image_destroy(second);
    REQUIRE_OK(fs_embedder_heat(embedder, a, a, &first, &second, NULL));
    CHECK(memcmp(fs_image_data(first), fs_image_data(second), 36) == 0);
    /* 0.6 times viridis's first colour (68, 1, 84) over grey: blue is above red, and red above green. */
    for (int i = 0; i < 12; i++) {
      const uint8_t *p = fs_image_data(first) + 3 * i;
      CHECK(p[2] - p[0] >= 9 && p[2] - p[0] <= 11 && p[0] - p[1] >= 39 && p[0] - p[1] <= 41);
    }
    fs_image_destroy(first), fs_image_destroy(second);
  }
  TEST("chips of another size, NULL and small arrays are refused, and nothing is written") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_distance_gradient(NULL, a, b, NULL, again, back, 36));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_distance_gradient(embedder, NULL, b, NULL, again, back, 36));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_distance_gradient(embedder, a, other, NULL, again, back, 36));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_distance_gradient(embedder, a, b, NULL, again, NULL, 36));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_distance_gradient(embedder, a, b, NULL, again, back, 35));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_distance_gradient(embedder, a, b, NULL, NULL, back, 36));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, first, fs_embedder_heat(NULL, a, b, &first, &second, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, first, fs_embedder_heat(embedder, a, NULL, &first, &second, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, first, fs_embedder_heat(embedder, other, b, &first, &second, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, first, fs_embedder_heat(embedder, a, b, &first, NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_heat(embedder, a, b, NULL, &second, NULL));
  }
  fs_image_destroy(a), fs_image_destroy(b), fs_image_destroy(other);
  fs_embedder_destroy(embedder), fs_model_destroy(model);
}

static void pictures(void) {
  const float values[6] = {0, 1, -1, 2, -2, NAN}, gradient[6] = {3, 0, -4, 0, 0, 0};
  float heat[2];
  fs_image *image = NULL, *below = plain(2, 1, 100, 100, 100);
  TEST("signed numbers become levels about mid-grey") {
    const uint8_t own[6] = {128, 192, 65, 255, 1, 128}, given[6] = {128, 255, 1, 255, 1, 128};
    REQUIRE_OK(fs_image_from_gradient(&image, values, 6, 2, 1, 0));
    CHECK(memcmp(fs_image_data(image), own, 6) == 0);
    fs_image_destroy(image);
    REQUIRE_OK(fs_image_from_gradient(&image, values, 6, 2, 1, 1));
    CHECK(memcmp(fs_image_data(image), given, 6) == 0);
    fs_image_destroy(image);
  }
  TEST("heat is the length of a pixel's numbers, blurred where that is asked for") {
    REQUIRE_OK(fs_gradient_heat(gradient, 6, 2, 1, 0, heat, 2));
    CHECK(heat[0] == 5 && heat[1] == 0);
    REQUIRE_OK(fs_gradient_heat(gradient, 6, 2, 1, 1, heat, 2));
    CHECK_NEAR(heat[0], 5 / (1 + exp(-0.5)), 1e-5);
    CHECK_NEAR(heat[1], 5 * exp(-0.5) / (1 + exp(-0.5)), 1e-5);
  }
  TEST("heat lies over the picture") {
    const float warm[2] = {0, 7};
    const uint8_t shown[6] = {81, 41, 90, 192, 179, 62}; /* 40 and 0.6 (68, 1, 84), 0.6 (253, 231, 37) */
    REQUIRE_OK(fs_image_from_heat(&image, below, warm, 2, 7));
    CHECK(memcmp(fs_image_data(image), shown, 6) == 0);
    fs_image_destroy(image);
  }
  TEST("other counts, sides and limits are refused") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_gradient(&image, values, 5, 2, 1, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_gradient(&image, NULL, 6, 2, 1, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_gradient(&image, values, 6, 0, 1, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_gradient(&image, values, 6, UINT32_MAX, UINT32_MAX, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_gradient(&image, values, 6, 2, 1, -1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_gradient(&image, values, 6, 2, 1, NAN));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_from_gradient(NULL, values, 6, 2, 1, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, heat, fs_gradient_heat(NULL, 6, 2, 1, 0, heat, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, heat, fs_gradient_heat(gradient, 3, 2, 1, 0, heat, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, heat, fs_gradient_heat(gradient, 6, 2, 1, 65, heat, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, heat, fs_gradient_heat(gradient, 6, 2, 1, NAN, heat, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, heat, fs_gradient_heat(gradient, 6, 2, 1, 0, heat, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, heat, fs_gradient_heat(gradient, 6, 0, 1, 0, heat, 2));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gradient_heat(gradient, 6, 2, 1, 0, NULL, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_heat(&image, NULL, gradient, 2, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_heat(&image, below, gradient, 1, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_heat(&image, below, NULL, 2, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_heat(&image, below, gradient, 2, -1));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_from_heat(NULL, below, gradient, 2, 1));
  }
  fs_image_destroy(below);
}

int main(void) {
  unit_pixels();
  distances();
  pictures();
  return test_end_program();
}
