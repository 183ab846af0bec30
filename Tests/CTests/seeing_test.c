/* Seeing what layers learn: a VGG-19 whose first layers have weights made here, against the plain run of it. */
#include "support.h"

static size_t header_count, body_count;
static char header[1 << 14];
static uint8_t *body;

static void add_tensor(const char *name, const char *type, const char *shape, const void *bytes, size_t count) {
  header_count += (size_t)snprintf(header + header_count, sizeof header - header_count,
                                   ",\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}", name, type, shape,
                                   body_count, body_count + count);
  body = realloc(body, body_count + count);
  memcpy(body + body_count, bytes, count);
  body_count += count;
}

static fs_model *load(const char *architecture, void (*fill)(void)) {
  header_count = (size_t)snprintf(header, sizeof header, "{\"__metadata__\":{\"architecture\":\"%s\"}", architecture);
  body_count = 0, body = NULL;
  if (fill) fill();
  header[header_count++] = '}';
  uint8_t *bytes = malloc(8 + header_count + body_count);
  for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(header_count >> 8 * i);
  memcpy(bytes + 8, header, header_count);
  if (body_count) memcpy(bytes + 8 + header_count, body, body_count);
  fs_model *model = NULL;
  CHECK_OK(fs_model_load(&model, bytes, 8 + header_count + body_count));
  free(bytes), free(body);
  return model;
}

/* Code books keep it small: 20 million weights, a byte each. Those from conv2_2 on are 0. */
static void fill_vgg(void) {
  const int filters[] = {64, 128, 256, 512, 512}, counts[] = {2, 2, 4, 4, 4};
  int inputs = 3;
  uint32_t state = 5;
  for (int block = 0; block < 5; block++)
    for (int i = 1; i <= counts[block]; i++) {
      char name[64], shape[64];
      size_t count = 9u * (size_t)filters[block] * (size_t)inputs;
      uint8_t *indices = malloc(count);
      float table[256] = {0}, bias[512] = {0};
      bool has_weights = block == 0 || (block == 1 && i == 1);
      for (size_t k = 0; k < count; k++) state = state * 1664525u + 1013904223u, indices[k] = (uint8_t)(state >> 24);
      for (int k = 0; k < 256 && has_weights; k++) table[k] = (float)(k - 128) / (block == 0 && i == 1 ? 4096 : 2048);
      snprintf(name, sizeof name, "conv%d_%d.weight.indices", block + 1, i);
      snprintf(shape, sizeof shape, "%d,%d,3,3", filters[block], inputs);
      add_tensor(name, "U8", shape, indices, count);
      snprintf(name, sizeof name, "conv%d_%d.weight.table", block + 1, i);
      add_tensor(name, "F32", "256", table, sizeof table);
      snprintf(name, sizeof name, "conv%d_%d.bias", block + 1, i);
      snprintf(shape, sizeof shape, "%d", filters[block]);
      add_tensor(name, "F32", shape, bias, 4u * (size_t)filters[block]);
      inputs = filters[block];
      free(indices);
    }
}

static void layers(const fs_model *vgg) {
  fs_layer_info layer = {.size = sizeof layer};
  TEST("a model lists its layers") {
    CHECK(fs_model_layer_count(vgg) == 21);
    CHECK(strcmp(fs_model_layer_name(vgg, 0), "conv1_1") == 0 && strcmp(fs_model_layer_name(vgg, 20), "pool5") == 0);
    CHECK(fs_model_layer_name(vgg, 21) == NULL && fs_model_layer_name(vgg, SIZE_MAX) == NULL);
    CHECK(fs_model_layer_count(NULL) == 0 && fs_model_layer_name(NULL, 0) == NULL);
  }
  TEST("a layer tells its units and what they see") {
    REQUIRE_OK(fs_model_layer_info_get(vgg, "conv3_1", &layer));
    CHECK(layer.units == 256 && layer.field == 24 && layer.stride == 4 && layer.start == -10);
    REQUIRE_OK(fs_model_layer_info_get(vgg, "pool5", &layer));
    CHECK(layer.units == 512 && layer.field == 268 && layer.stride == 32 && layer.start == -118);
  }
  TEST("a layer that is not there is told with the nearest") {
    CHECK_REFUSED(FS_NOT_FOUND, layer, fs_model_layer_info_get(vgg, "conv3_l", &layer));
    CHECK(strstr(fs_last_error(), "nearest is conv3_1"));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, layer, fs_model_layer_info_get(NULL, "conv3_1", &layer));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, layer, fs_model_layer_info_get(vgg, NULL, &layer));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, layer, fs_model_layer_info_get(vgg, "", &layer));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_layer_info_get(vgg, "conv3_1", NULL));
  }
  TEST("a model of several networks has no layers, and one of one size no windows") {
    fs_model *several = load("mtcnn", NULL), *faces = load("nn4.small2", NULL);
    CHECK(fs_model_layer_count(several) == 0);
    CHECK_REFUSED(FS_WRONG_MODEL, layer, fs_model_layer_info_get(several, "conv1", &layer));
    CHECK(fs_model_layer_count(faces) == 8);
    CHECK_OK(fs_model_layer_info_get(faces, "embedding", &layer));
    CHECK(layer.units == 128 && layer.field == 0 && layer.stride == 0 && layer.start == 0);
    CHECK_REFUSED(FS_NOT_FOUND, layer, fs_model_layer_info_get(faces, "6a", &layer));
    CHECK(strstr(fs_last_error(), "3a, 3b"));
    fs_model_destroy(several), fs_model_destroy(faces);
  }
}

static fs_unit_search_options defaults(void) {
  fs_unit_search_options o;
  CHECK_OK(fs_unit_search_options_init(&o, sizeof o));
  return o;
}

static void refusals(const fs_model *vgg) {
  fs_unit_search *none;
  fs_unit_search_options o;
  const uint32_t units[] = {0, 64};
  TEST("options are filled with the documented defaults") {
    memset(&o, 0x5e, sizeof o);
    CHECK_OK(fs_unit_search_options_init(&o, sizeof o));
    CHECK(o.size == sizeof o && o.patches == 9 && o.per_picture == 1 && o.longest_side == 512 && o.inside == 0);
    CHECK(o.pooling == FS_POOLING_MAX && o.units == NULL && o.unit_count == 0);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_unit_search_options_init(NULL, sizeof o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, o, fs_unit_search_options_init(&o, sizeof(size_t)));
  }
  TEST("a search wants a model and a layer of it") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_unit_search_create(NULL, vgg, "conv1_1", NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_unit_search_create(&none, NULL, "conv1_1", NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_unit_search_create(&none, vgg, NULL, NULL));
    CHECK_REFUSED(FS_NOT_FOUND, none, fs_unit_search_create(&none, vgg, "conv9_9", NULL));
    fs_model *several = load("mtcnn", NULL);
    CHECK_REFUSED(FS_WRONG_MODEL, none, fs_unit_search_create(&none, several, "conv1", NULL));
    fs_model_destroy(several);
  }
  TEST("options outside their range are refused") {
    for (int wrong = 0; wrong < 9; wrong++) {
      o = defaults();
      if (wrong == 0) o.patches = 0;
      if (wrong == 1) o.patches = FS_UNIT_MAX_PATCHES + 1;
      if (wrong == 2) o.per_picture = 0;
      if (wrong == 3) o.per_picture = UINT32_MAX;
      if (wrong == 4) o.longest_side = FS_IMAGE_MAX_SIDE + 1;
      if (wrong == 5) o.pooling = (fs_pooling)9;
      if (wrong == 6) o.units = units, o.unit_count = 2;
      if (wrong == 7) o.units = units;
      if (wrong == 8) o.unit_count = 2;
      CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_unit_search_create(&none, vgg, "conv1_1", &o));
      if (wrong == 6) CHECK(strstr(fs_last_error(), "unit 64"));
    }
  }
}

#define PICTURES 4
#define UNITS 3

/* The plain way: the largest answer of each picture, the first of equals, then the pictures in order. */
static size_t plain_search(const fs_model *vgg, fs_image *const *pictures, uint32_t unit, fs_unit_patch *out) {
  size_t count = 0;
  for (uint32_t p = 0; p < PICTURES; p++) {
    uint32_t shape[3];
    fs_unit_patch best = {.picture = p};
    if (!CHECK_OK(fs_model_features(vgg, pictures[p], "conv2_1", FS_POOLING_MAX, NULL, 0, shape))) return 0;
    size_t room = (size_t)shape[0] * shape[1] * shape[2];
    float *values = malloc(room * sizeof *values);
    CHECK_OK(fs_model_features(vgg, pictures[p], "conv2_1", FS_POOLING_MAX, values, room, shape));
    for (uint32_t i = 0; i < shape[0] * shape[1]; i++)
      if (values[i * shape[2] + unit] > best.activation)
        best.activation = values[i * shape[2] + unit], best.row = i / shape[1], best.column = i % shape[1];
    free(values);
    if (best.activation == 0) continue;
    size_t place = count++;
    for (; place > 0 && out[place - 1].activation < best.activation; place--) out[place] = out[place - 1];
    out[place] = best;
  }
  return count;
}

static void searches(const fs_model *vgg) {
  fs_image *pictures[PICTURES] = {picture(24, 17, 1), picture(9, 30, 2), plain(1, 1, 200, 30, 90), picture(20, 20, 3)};
  const uint32_t units[] = {127, 3, 77, 3};
  fs_unit_search *search = NULL;
  fs_unit_patch patches[16], wanted[16];
  fs_unit_search_options o = defaults();
  size_t count;
  o.units = units, o.unit_count = 4;

  TEST("before a picture was added there is nothing") {
    REQUIRE_OK(fs_unit_search_create(&search, vgg, "conv2_1", &o));
    CHECK_OK(fs_unit_search_patches(search, 77, patches, 16, &count));
    CHECK(count == 0);
  }
  TEST("the strongest place of each picture is found, the strongest picture first") {
    for (int p = 0; p < PICTURES; p++) CHECK_OK(fs_unit_search_add(search, pictures[p]));
    size_t all = 0;
    for (int u = 0; u < UNITS; u++) {
      size_t expected = plain_search(vgg, pictures, units[u], wanted);
      CHECK_OK(fs_unit_search_patches(search, units[u], patches, 16, &count));
      CHECK(count == expected);
      for (size_t i = 0; i < count && i < expected; i++) {
        const fs_unit_patch *a = &patches[i], *b = &wanted[i];
        CHECK(a->picture == b->picture && a->activation == b->activation && a->row == b->row && a->column == b->column);
        /* conv2_1 sees 10x10 pixels, from -4 in steps of 2. */
        CHECK(a->x == 2 * (int)a->column - 4 && a->y == 2 * (int)a->row - 4 && a->width == 10 && a->height == 10);
        int width = (int)fs_image_width(pictures[a->picture]), height = (int)fs_image_height(pictures[a->picture]);
        int left = a->x < 0 ? 0 : a->x, top = a->y < 0 ? 0 : a->y;
        int right = a->x + 10 > width ? width : a->x + 10, bottom = a->y + 10 > height ? height : a->y + 10;
        CHECK((int)a->region.x == left && (int)a->region.y == top && (int)a->region.width == right - left &&
              (int)a->region.height == bottom - top);
      }
      all += count;
    }
    CHECK(all >= 2 * UNITS);
  }
  TEST("no more is written than there is room for") {
    memset(patches, 0x5e, sizeof patches);
    size_t whole;
    CHECK_OK(fs_unit_search_patches(search, 3, NULL, 0, &whole));
    REQUIRE(whole > 1);
    CHECK_OK(fs_unit_search_patches(search, 3, patches, 1, &count));
    CHECK(count == whole && patches[0].activation > 0 && test_untouched(&patches[1], sizeof patches[1]));
  }
  TEST("a unit that was not to be looked for is refused, and NULL") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_unit_search_patches(search, 4, patches, 16, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_unit_search_patches(search, UINT32_MAX, patches, 16, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_unit_search_patches(search, 3, NULL, 16, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_unit_search_patches(NULL, 3, patches, 16, &count));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_unit_search_patches(search, 3, patches, 16, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_unit_search_patches(search, 3, patches, SIZE_MAX, &count));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_unit_search_add(search, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_unit_search_add(NULL, pictures[0]));
  }
  fs_unit_search_destroy(search), fs_unit_search_destroy(NULL);
  TEST("of equal pictures the first is first, and threads change nothing") {
    for (uint32_t threads = 1; threads <= 3; threads++) {
      CHECK_OK(fs_threads_set(threads));
      if (!CHECK_OK(fs_unit_search_create(&search, vgg, "conv2_1", &o))) continue;
      for (int i = 0; i < 2; i++) CHECK_OK(fs_unit_search_add(search, pictures[0]));
      CHECK_OK(fs_unit_search_patches(search, 3, patches, 16, &count));
      CHECK(count == 2 && patches[0].picture == 0 && patches[1].picture == 1);
      CHECK(patches[0].activation == patches[1].activation && patches[0].row == patches[1].row);
      if (threads == 1) wanted[0] = patches[0];
      CHECK(memcmp(&wanted[0], &patches[0], sizeof wanted[0]) == 0);
      fs_unit_search_destroy(search);
    }
    CHECK_OK(fs_threads_set(0));
  }
  TEST("several places of a picture lie apart, and fields inside are inside") {
    o.per_picture = 4, o.patches = 5, o.inside = 1;
    REQUIRE_OK(fs_unit_search_create(&search, vgg, "conv2_1", &o));
    for (int p = 0; p < PICTURES; p++) CHECK_OK(fs_unit_search_add(search, pictures[p]));
    bool several = false;
    for (int u = 0; u < UNITS; u++) {
      CHECK_OK(fs_unit_search_patches(search, units[u], patches, 16, &count));
      CHECK(count <= 5);
      for (size_t i = 0; i < count; i++) {
        CHECK(patches[i].region.width == 10 && patches[i].region.height == 10);
        for (size_t j = 0; j < i; j++) {
          if (patches[i].picture != patches[j].picture) continue;
          int dx = abs(patches[i].x - patches[j].x), dy = abs(patches[i].y - patches[j].y);
          CHECK(dx >= 10 || dy >= 10 || 2 * (10 - dx) * (10 - dy) <= 100);
          several = true;
        }
      }
    }
    CHECK(several);
    fs_unit_search_destroy(search);
  }
  TEST("places in reduced pictures are told in their own pixels") {
    o = defaults();
    o.longest_side = 12;
    REQUIRE_OK(fs_unit_search_create(&search, vgg, "conv1_1", &o));
    CHECK_OK(fs_unit_search_add(search, pictures[0])); /* 24x17 becomes 12x9 */
    for (uint32_t unit = 0; unit < 64; unit++) {
      CHECK_OK(fs_unit_search_patches(search, unit, patches, 1, &count));
      if (count == 0) continue;
      CHECK(patches[0].x == 2 * ((int)patches[0].column - 1) && patches[0].width == 6);
      int top = (int)floor(((double)patches[0].row - 1) * 17 / 9), bottom = (int)ceil(((double)patches[0].row + 2) * 17 / 9);
      CHECK(patches[0].y == top && (int)patches[0].height == bottom - top);
      CHECK(patches[0].region.x + patches[0].region.width <= 24 && patches[0].region.y + patches[0].region.height <= 17);
    }
    fs_unit_search_destroy(search);
  }
  for (int p = 0; p < PICTURES; p++) fs_image_destroy(pictures[p]);
}

static void patches(void) {
  fs_image *whole = picture(12, 10, 4), *cut = NULL;
  fs_unit_patch patch = {.x = -3, .y = 6, .width = 8, .height = 7};
  TEST("a patch is the picture's pixels, and grey beyond its edges") {
    REQUIRE_OK(fs_unit_patch_cut(&cut, whole, &patch));
    REQUIRE(fs_image_width(cut) == 8 && fs_image_height(cut) == 7);
    const uint8_t *from = fs_image_data(whole), *to = fs_image_data(cut);
    for (int y = 0; y < 7; y++)
      for (int x = 0; x < 8; x++)
        for (int c = 0; c < 3; c++)
          CHECK(to[(y * 8 + x) * 3 + c] == (x < 3 || y > 3 ? 128 : from[((y + 6) * 12 + x - 3) * 3 + c]));
    fs_image_destroy(cut);
  }
  TEST("a patch that lies beside the picture is grey, one without pixels is refused") {
    const fs_unit_patch wrong[] = {{.width = 0, .height = 3}, {.width = UINT32_MAX, .height = UINT32_MAX}};
    const fs_unit_patch beside[] = {{.x = 99, .width = 2, .height = 2}, {.x = INT32_MIN, .y = INT32_MAX, .width = 2, .height = 2}};
    for (int i = 0; i < 2; i++) {
      CHECK_REFUSED(FS_INVALID_ARGUMENT, cut, fs_unit_patch_cut(&cut, whole, &wrong[i]));
      if (!CHECK_OK(fs_unit_patch_cut(&cut, whole, &beside[i]))) continue;
      CHECK(fs_image_data(cut)[0] == 128 && fs_image_data(cut)[11] == 128);
      fs_image_destroy(cut);
    }
    CHECK_REFUSED(FS_INVALID_ARGUMENT, cut, fs_unit_patch_cut(&cut, NULL, &patch));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, cut, fs_unit_patch_cut(&cut, whole, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_unit_patch_cut(NULL, whole, &patch));
  }
  fs_image_destroy(whole);
}

static void maps(void) {
  fs_image *map = NULL;
  const float values[] = {-1, 9, 0, 9, 0.5f, 9, 1, 9, 7, 9, NAN};
  TEST("a map is grey from the lowest to the highest") {
    REQUIRE_OK(fs_image_from_map(&map, values, 11, 3, 2, 2, 0, 1, FS_PALETTE_GREY));
    const uint8_t expected[] = {0, 0, 128, 255, 255, 0};
    for (int i = 0; i < 18; i++) CHECK(fs_image_data(map)[i] == expected[i / 3]);
    fs_image_destroy(map);
  }
  TEST("viridis goes from dark blue to yellow") {
    REQUIRE_OK(fs_image_from_map(&map, values, 11, 3, 2, 2, 0, 1, FS_PALETTE_VIRIDIS));
    const uint8_t *p = fs_image_data(map);
    CHECK(p[0] == 68 && p[1] == 1 && p[2] == 84 && p[9] == 253 && p[10] == 231 && p[11] == 37);
    fs_image_destroy(map);
  }
  TEST("numbers of any size and a flat map are drawn") {
    const float extremes[] = {-3.4e38f, 0, 3.4e38f};
    REQUIRE_OK(fs_image_from_map(&map, extremes, 3, 3, 1, 1, -3.4e38f, 3.4e38f, FS_PALETTE_GREY));
    CHECK(fs_image_data(map)[0] == 0 && fs_image_data(map)[3] == 128 && fs_image_data(map)[6] == 255);
    fs_image_destroy(map);
    REQUIRE_OK(fs_image_from_map(&map, extremes, 3, 3, 1, 1, 0, 0, FS_PALETTE_GREY));
    CHECK(fs_image_data(map)[6] == 0);
    fs_image_destroy(map);
  }
  TEST("a map of too few numbers, of no range or of no size is refused") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, 10, 3, 2, 2, 0, 1, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, 11, 3, 2, 0, 0, 1, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, 11, 3, 2, SIZE_MAX, 0, 1, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, 11, 3, 2, SIZE_MAX / 2, 0, 1, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, SIZE_MAX, 3, 2, 2, 0, 1, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, 0, 3, 2, 2, 0, 1, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, NULL, 11, 3, 2, 2, 0, 1, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, 11, 0, 2, 2, 0, 1, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, 11, UINT32_MAX, UINT32_MAX, 2, 0, 1, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, 11, 3, 2, 2, 1, 0, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, 11, 3, 2, 2, NAN, 1, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, 11, 3, 2, 2, 0, INFINITY, FS_PALETTE_GREY));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_image_from_map(&map, values, 11, 3, 2, 2, 0, 1, (fs_palette)7));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_from_map(NULL, values, 11, 3, 2, 2, 0, 1, FS_PALETTE_GREY));
  }
}

int main(void) {
  fs_model *vgg = load("vgg19", fill_vgg);
  layers(vgg);
  refusals(vgg);
  searches(vgg);
  patches();
  maps();
  fs_model_destroy(vgg);
  return test_end_program();
}
