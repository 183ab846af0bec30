/* Models of a few numbers, made here: any weights will do for what is asked of them. */
#ifndef WEIGHTS_H
#define WEIGHTS_H

#include "support.h"

/* A safetensors file in memory, built tensor by tensor. */
typedef struct builder {
  char header[1 << 14];
  size_t header_count;
  float *values;
  size_t count;
} builder;

static inline void begin(builder *b, const char *metadata) {
  memset(b, 0, sizeof *b);
  b->header_count = (size_t)snprintf(b->header, sizeof b->header, "{\"__metadata__\":{%s}", metadata);
}

/* Numbers of an unremarkable size; a `scale` of NAN damages the tensor. */
static inline void add(builder *b, const char *name, int axes, const size_t *shape, float scale, float centre) {
  char text[96] = "";
  size_t count = 1;
  for (int i = 0; i < axes; i++) {
    count *= shape[i];
    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%zu", i ? "," : "", shape[i]);
  }
  b->header_count += (size_t)snprintf(
      b->header + b->header_count, sizeof b->header - b->header_count,
      ",\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}", name, text, 4 * b->count, 4 * (b->count + count));
  b->values = realloc(b->values, (b->count + count) * sizeof(float));
  uint32_t state = (uint32_t)b->count * 2654435761u + 7;
  for (size_t i = 0; i < count; i++) {
    state = state * 1664525u + 1013904223u;
    b->values[b->count + i] = centre + scale * ((float)(state >> 8) / 8388608 - 1);
  }
  b->count += count;
}

static inline fs_model *finish(builder *b) {
  b->header[b->header_count++] = '}';
  size_t size = 8 + b->header_count + 4 * b->count;
  uint8_t *bytes = malloc(size);
  for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(b->header_count >> 8 * i);
  memcpy(bytes + 8, b->header, b->header_count);
  memcpy(bytes + 8 + b->header_count, b->values, 4 * b->count);
  fs_model *model = NULL;
  CHECK_OK(fs_model_load(&model, bytes, size));
  free(bytes), free(b->values);
  return model;
}

static inline void add_layer(builder *b, const char *name, size_t outputs, size_t inputs, size_t k, bool is_transposed, float scale) {
  char full[64];
  size_t ordinary[] = {outputs, inputs, k, k}, transposed[] = {inputs, outputs, k, k};
  snprintf(full, sizeof full, "%s.weight", name);
  add(b, full, 4, is_transposed ? transposed : ordinary, scale, 0);
  snprintf(full, sizeof full, "%s_in.weight", name);
  add(b, full, 1, &outputs, 0.2f, 1);
  snprintf(full, sizeof full, "%s_in.bias", name);
  add(b, full, 1, &outputs, 0.2f, 0);
}

/* A graph of two styles: a convolution whose normalisation has factors for each. */
static inline fs_model *two_styles_model(void) {
  builder b;
  const size_t kernel[] = {3, 3, 1, 1}, factors[] = {2, 3};
  begin(&b, "\"architecture\":\"graph\",\"kind\":\"fast-style\",\"graph\":\"input channels=3\\n"
            "sum convolution filters=3 kernel=1 bias=no < input\\nnorm instance-normalisation styles=2 < sum\\n"
            "out linear scale=20 offset=128 < norm\\noutput picture = out\"");
  add(&b, "sum.weight", 4, kernel, 0.5f, 0.5f);
  add(&b, "norm.weight", 2, factors, 1, 2);
  add(&b, "norm.bias", 2, factors, 1, 0);
  return finish(&b);
}

/* A graph of `kind`: numbers of a matrix on the mean levels of 8x8 pixels. A `centre` of NAN damages it. */
static inline fs_model *row_model(const char *kind, const char *output, size_t numbers, float centre) {
  builder b;
  char metadata[512], name[64];
  const size_t shape[] = {numbers, 3};
  snprintf(metadata, sizeof metadata,
           "\"architecture\":\"graph\",\"kind\":\"%s\",\"crop\":\"2\",\"graph\":\"input channels=3 height=8 width=8\\n"
           "mean global-average < input\\n%s dense outputs=%zu < mean\\noutput %s\"",
           kind, output, numbers, output);
  begin(&b, metadata);
  snprintf(name, sizeof name, "%s.weight", output);
  add(&b, name, 2, shape, 0.0003f, 0.0003f);
  snprintf(name, sizeof name, "%s.bias", output);
  add(&b, name, 1, &numbers, 0.2f, centre);
  return finish(&b);
}

static inline fs_model *fast_model(float scale) {
  builder b;
  begin(&b, "\"architecture\":\"fast-style\",\"filters\":\"2\",\"blocks\":\"1\"");
  add_layer(&b, "conv1", 2, 3, 9, false, scale);
  add_layer(&b, "conv2", 4, 2, 3, false, 0.3f);
  add_layer(&b, "conv3", 8, 4, 3, false, 0.3f);
  add_layer(&b, "block1.conv1", 8, 8, 3, false, 0.3f);
  add_layer(&b, "block1.conv2", 8, 8, 3, false, 0.3f);
  add_layer(&b, "deconv1", 4, 8, 3, true, 0.3f);
  add_layer(&b, "deconv2", 2, 4, 3, true, 0.3f);
  add_layer(&b, "deconv3", 3, 2, 9, false, 0.3f);
  return finish(&b);
}

static inline void add_convolution(builder *b, const char *name, size_t outputs, size_t inputs, size_t k, float scale) {
  char full[64];
  size_t shape[] = {outputs, inputs, k, k};
  snprintf(full, sizeof full, "%s.weight", name);
  add(b, full, 4, shape, scale, 0.02f);
  snprintf(full, sizeof full, "%s.bias", name);
  add(b, full, 1, &outputs, 0.1f, 0.1f);
}

static inline fs_model *enlarger_model(float scale) {
  builder b;
  size_t straight[] = {12, 3, 5, 5};
  begin(&b, "\"architecture\":\"enlarger\",\"factor\":\"2\",\"filters\":\"4\",\"blocks\":\"1\"");
  add_convolution(&b, "head", 4, 3, 3, scale);
  add_convolution(&b, "block1.conv1", 4, 4, 3, 0.3f);
  add_convolution(&b, "block1.conv2", 4, 4, 3, 0.3f);
  add_convolution(&b, "tail", 12, 4, 3, 0.3f);
  add(&b, "straight.weight", 4, straight, 0.1f, 0.02f);
  return finish(&b);
}

/* Levels 1 and 2. */
static inline fs_model *universal_model(float scale) {
  builder b;
  begin(&b, "\"architecture\":\"universal-style\"");
  add_convolution(&b, "encoder1.conv0", 3, 3, 1, 0.5f);
  add_convolution(&b, "encoder1.conv11", 4, 3, 3, scale);
  add_convolution(&b, "decoder1.conv11", 3, 4, 3, 0.3f);
  add_convolution(&b, "encoder2.conv0", 3, 3, 1, 0.5f);
  add_convolution(&b, "encoder2.conv11", 4, 3, 3, 0.3f);
  add_convolution(&b, "encoder2.conv12", 4, 4, 3, 0.3f);
  add_convolution(&b, "encoder2.conv21", 6, 4, 3, 0.3f);
  add_convolution(&b, "decoder2.conv21", 4, 6, 3, 0.3f);
  add_convolution(&b, "decoder2.conv12", 4, 4, 3, 0.3f);
  add_convolution(&b, "decoder2.conv11", 3, 4, 3, 0.3f);
  return finish(&b);
}

#endif
