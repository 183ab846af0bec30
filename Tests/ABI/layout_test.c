/* Prints where every public struct member lies and what every public constant is, and compares that
 * with layout.txt, which was written when each of them was released.
 *
 *   Tests/ABI/layout_test.sh                   compares
 *   Tests/ABI/layout_test.sh --update          writes layout.txt anew
 *
 * A difference is a broken promise unless lines were only added: a struct whose first member is `size`
 * may grow at its end (its sizeof then changes with it), an enum may get new names with new numbers, a
 * constant that is a default or a limit may be added. Offsets and numbers of lines that are there never
 * change; when they must, FS_ABI_VERSION and the SONAME change too. Whoever updates the file says why
 * in the commit. 64-bit systems alone: on others the test is skipped. */
#include <facestyle.h>
#include <stdio.h>
#include <string.h>

#define NUMBER(name) {#name, (long long)(name)}
#define STRUCT(type) {"sizeof " #type, (long long)sizeof(type)}
#define MEMBER(type, member)                                             \
  {"offset " #type "." #member, (long long)offsetof(type, member)},      \
  {"sizeof " #type "." #member, (long long)sizeof(((type *)0)->member)}

static const struct { const char *name; long long value; } table[] = {
    NUMBER(FS_ABI_VERSION), NUMBER(FS_IMAGE_MAX_SIDE), NUMBER(FS_IMAGE_MAX_PIXELS), NUMBER(FS_NAME_CAPACITY),
    NUMBER(FS_DEFAULT_THRESHOLD),

    STRUCT(fs_status), NUMBER(FS_OK), NUMBER(FS_INVALID_ARGUMENT), NUMBER(FS_BAD_DATA), NUMBER(FS_IO),
    NUMBER(FS_NO_MEMORY), NUMBER(FS_NO_FACE), NUMBER(FS_CANCELLED), NUMBER(FS_NOT_FOUND), NUMBER(FS_WRONG_MODEL),
    NUMBER(FS_INTERNAL),

    STRUCT(fs_log_level), NUMBER(FS_LOG_DEBUG), NUMBER(FS_LOG_INFO), NUMBER(FS_LOG_WARNING), NUMBER(FS_LOG_ERROR),

    STRUCT(fs_pixel_format), NUMBER(FS_RGB), NUMBER(FS_BGR), NUMBER(FS_RGBA), NUMBER(FS_BGRA), NUMBER(FS_GREY),
    STRUCT(fs_pixels), MEMBER(fs_pixels, size), MEMBER(fs_pixels, data), MEMBER(fs_pixels, byte_count),
    MEMBER(fs_pixels, stride), MEMBER(fs_pixels, width), MEMBER(fs_pixels, height), MEMBER(fs_pixels, format),
    MEMBER(fs_pixels, rotation),
    STRUCT(fs_filter), NUMBER(FS_BILINEAR), NUMBER(FS_BICUBIC), NUMBER(FS_AREA),
    STRUCT(fs_file_format), NUMBER(FS_PNG), NUMBER(FS_JPEG),

    STRUCT(fs_pooling), NUMBER(FS_POOLING_AVERAGE), NUMBER(FS_POOLING_MAX),
    STRUCT(fs_architecture), MEMBER(fs_architecture, height), MEMBER(fs_architecture, width),
    MEMBER(fs_architecture, channels), MEMBER(fs_architecture, dimension), MEMBER(fs_architecture, parameters),
    MEMBER(fs_architecture, multiply_adds),

    STRUCT(fs_point), MEMBER(fs_point, x), MEMBER(fs_point, y),
    STRUCT(fs_face), MEMBER(fs_face, x), MEMBER(fs_face, y), MEMBER(fs_face, width), MEMBER(fs_face, height),
    MEMBER(fs_face, score), MEMBER(fs_face, landmarks),
    STRUCT(fs_detector_options), MEMBER(fs_detector_options, size), MEMBER(fs_detector_options, min_face),
    MEMBER(fs_detector_options, thresholds), MEMBER(fs_detector_options, scale_step),

    STRUCT(fs_verdict), MEMBER(fs_verdict, distance), MEMBER(fs_verdict, threshold), MEMBER(fs_verdict, same),
    STRUCT(fs_match), MEMBER(fs_match, known), MEMBER(fs_match, distance), MEMBER(fs_match, threshold),
    MEMBER(fs_match, name),
    STRUCT(fs_neighbour), MEMBER(fs_neighbour, photo), MEMBER(fs_neighbour, distance), MEMBER(fs_neighbour, name),

    STRUCT(fs_reduction), NUMBER(FS_SUM), NUMBER(FS_MEAN),
    STRUCT(fs_cost_variant), NUMBER(FS_COST_NORMALISED), NUMBER(FS_COST_LECTURE),

    STRUCT(fs_action), NUMBER(FS_CONTINUE), NUMBER(FS_FINISH), NUMBER(FS_CANCEL),
    STRUCT(fs_style_progress), MEMBER(fs_style_progress, size), MEMBER(fs_style_progress, step),
    MEMBER(fs_style_progress, steps), MEMBER(fs_style_progress, content), MEMBER(fs_style_progress, style),
    MEMBER(fs_style_progress, total), MEMBER(fs_style_progress, seconds), MEMBER(fs_style_progress, job),
    STRUCT(fs_style_layer), MEMBER(fs_style_layer, name), MEMBER(fs_style_layer, weight),
    STRUCT(fs_style_options), MEMBER(fs_style_options, size), MEMBER(fs_style_options, width),
    MEMBER(fs_style_options, height), MEMBER(fs_style_options, steps), MEMBER(fs_style_options, content_weight),
    MEMBER(fs_style_options, style_weight), MEMBER(fs_style_options, learning_rate),
    MEMBER(fs_style_options, noise_ratio), MEMBER(fs_style_options, seed), MEMBER(fs_style_options, pooling),
    MEMBER(fs_style_options, cost), MEMBER(fs_style_options, content_layer), MEMBER(fs_style_options, style_layers),
    MEMBER(fs_style_options, style_layer_count), MEMBER(fs_style_options, on_step), MEMBER(fs_style_options, user),
};

enum { LINES = sizeof table / sizeof table[0] };

int main(int argc, char **argv) {
  if (argc < 2) { /* the table itself */
    for (int i = 0; i < LINES; i++) printf("%s %lld\n", table[i].name, table[i].value);
    return 0;
  }
  FILE *golden = fopen(argv[1], "r");
  if (!golden) return perror(argv[1]), 2;
  int passed = 0, failed = 0, number = 0;
  char line[200], present[200];
  while (fgets(line, sizeof line, golden)) {
    line[strcspn(line, "\n")] = 0;
    if (!line[0] || line[0] == '#') continue;
    if (number < LINES) snprintf(present, sizeof present, "%s %lld", table[number].name, table[number].value);
    else snprintf(present, sizeof present, "nothing");
    number++;
    if (strcmp(line, present) == 0) passed++;
    else printf("FAILED: was \"%s\", is \"%s\"\n", line, present), failed++;
  }
  for (; number < LINES; number++)
    printf("FAILED: not in %s: \"%s %lld\"\n", argv[1], table[number].name, table[number].value), failed++;
  fclose(golden);
  printf("%d passed, %d failed\n", passed, failed);
  return failed ? 1 : 0;
}
