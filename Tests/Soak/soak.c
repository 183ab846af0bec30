/* A gallery or a trainer at full speed for long: what the process holds must not grow.
 *
 *   soak gallery|trainer SECONDS
 *
 * The work goes in rounds, each of which ends where it began. After a tenth of the time (two minutes at most) what is held is
 * sampled every second: resident memory, descriptors, handles, and what the library counts as its own. */
#define _GNU_SOURCE
#include <facestyle.h>

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What resident memory may grow by: an allocator's unrest, not a block a round. */
enum { MOST_GROWTH_KB = 4096, DIMENSION = 128, PEOPLE = 500, CHANGED = 20, QUERIES = 32, PICTURES = 16, SIDE = 12 };

static char folder[] = "/tmp/facestyle-soak-XXXXXX";

static const char *in_folder(const char *name) {
  static char paths[4][128];
  static unsigned next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

static void must(fs_status status) {
  if (status == FS_OK) return;
  fprintf(stderr, "soak: %s: %s\n", fs_status_name(status), fs_last_error());
  exit(1);
}

static void must_hold(bool holds, const char *what) {
  if (!holds) fprintf(stderr, "soak: %s\n", what), exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

typedef struct held { long kilobytes; int descriptors; size_t handles; uint64_t counted; } held;

static held hold(void) {
  held is = {.handles = fs_debug_live_handles(), .counted = fs_memory_used()};
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  must_hold(file && fscanf(file, "%*d %ld", &pages) == 1, "/proc/self/statm cannot be read");
  fclose(file);
  is.kilobytes = pages * (sysconf(_SC_PAGESIZE) / 1024);
  DIR *open = opendir("/proc/self/fd");
  must_hold(open != NULL, "/proc/self/fd cannot be read");
  while (readdir(open)) is.descriptors++;
  is.descriptors -= 3; /* ".", ".." and the folder's own */
  closedir(open);
  return is;
}

/* ---- A gallery in a file, which another handle watches ---- */

static fs_embedder *embedder;
static fs_gallery *gallery, *watcher;

static const float *vector_of(uint64_t number) {
  static float vector[DIMENSION];
  uint32_t state = (uint32_t)number * 2654435761u + 12345;
  for (int i = 0; i < DIMENSION; i++) {
    state = state * 1664525u + 1013904223u;
    vector[i] = (float)(state >> 8) * 0x1p-23f - 1;
  }
  return vector;
}

static const char *name_of(uint64_t number) {
  static char name[32];
  snprintf(name, sizeof name, "person %llu", (unsigned long long)number);
  return name;
}

static void begin_gallery(void) {
  fs_model *model = NULL;
  must(fs_model_open(&model, "models/faces-nn4.safetensors"));
  must(fs_embedder_create(&embedder, model));
  fs_model_destroy(model);
  must(fs_gallery_open(&gallery, in_folder("people.gallery"), embedder, NULL));
  for (uint64_t i = 0; i < PEOPLE; i++) must(fs_gallery_add(gallery, name_of(i), vector_of(i), DIMENSION));
  must(fs_gallery_open(&watcher, in_folder("people.gallery"), embedder, NULL));
}

static void round_of_gallery(uint64_t number) {
  static float queries[QUERIES * DIMENSION];
  fs_neighbour near[QUERIES * 3];
  fs_gallery_identity who = {.size = sizeof who};
  size_t count;
  int32_t changed;
  for (uint64_t i = 0; i < CHANGED; i++) must(fs_gallery_add(gallery, name_of(PEOPLE + i), vector_of(number * CHANGED + i), DIMENSION));
  must(fs_gallery_reload(watcher, &changed));
  must_hold(changed && fs_gallery_person_count(watcher) == PEOPLE + CHANGED, "the watcher misses people");
  for (int i = 0; i < QUERIES; i++) memcpy(queries + i * DIMENSION, vector_of((uint64_t)i), sizeof *queries * DIMENSION);
  must(fs_gallery_search(watcher, queries, QUERIES, DIMENSION, 3, near, QUERIES * 3, &count));
  must(fs_gallery_identify(watcher, queries, DIMENSION, NULL, &who));
  must_hold(strcmp(who.name, "person 0") == 0, "person 0 is not known");
  for (uint64_t i = 0; i < CHANGED; i++) must(fs_gallery_remove(gallery, name_of(PEOPLE + i)));
  if (number % 16 == 0) { /* what is done now and then */
    fs_gallery *read = NULL;
    must(fs_gallery_export(gallery, in_folder("people.csv")));
    must(fs_gallery_create(&read, embedder));
    must(fs_gallery_import(read, in_folder("people.csv"), NULL));
    must_hold(fs_gallery_person_count(read) == PEOPLE, "the table misses people");
    fs_gallery_destroy(read), fs_gallery_destroy(watcher), fs_gallery_destroy(gallery);
    must(fs_gallery_open(&gallery, in_folder("people.gallery"), embedder, NULL));
    must(fs_gallery_open(&watcher, in_folder("people.gallery"), embedder, NULL));
  }
}

static void end_gallery(void) {
  fs_gallery_destroy(watcher), fs_gallery_destroy(gallery), fs_embedder_destroy(embedder);
}

/* ---- A trainer, with its checkpoints and models ---- */

static fs_trainer *trainer;

static void new_trainer(void) {
  fs_loss_options loss;
  fs_trainer_options options;
  must(fs_loss_options_init(&loss, sizeof loss, FS_LOSS_CROSS_ENTROPY));
  must(fs_trainer_options_init(&options, sizeof options));
  options.architecture = "cascade-12", options.loss = &loss, options.average = 0.999f, options.steps = UINT32_MAX;
  must(fs_trainer_create(&trainer, &options, NULL));
}

static void round_of_trainer(uint64_t number) {
  static uint8_t pictures[PICTURES * SIDE * SIDE * 3];
  int32_t labels[PICTURES];
  fs_training_step step = {.size = sizeof step};
  fs_model *model = NULL;
  for (int i = 0; i < 20; i++) {
    for (size_t k = 0; k < sizeof pictures; k++) pictures[k] = (uint8_t)(k * (7 + number % 5) + k / 251 + (size_t)i);
    for (int k = 0; k < PICTURES; k++) labels[k] = k % 2;
    must(fs_trainer_step(trainer, pictures, PICTURES, labels, NULL, &step));
  }
  must(fs_trainer_save(trainer, in_folder("checkpoint")));
  fs_trainer_destroy(trainer);
  new_trainer();
  must(fs_trainer_resume(trainer, in_folder("checkpoint")));
  fs_trainer_info info = {.size = sizeof info};
  must(fs_trainer_info_get(trainer, &info));
  must_hold(info.step == 20 * (number + 1), "a checkpoint loses steps");
  must(fs_trainer_save_model(trainer, in_folder("model.safetensors"), FS_FLOAT16, 1, NULL));
  must(fs_model_open(&model, in_folder("model.safetensors")));
  fs_model_destroy(model);
}

static void end_trainer(void) { fs_trainer_destroy(trainer); }

int main(int argc, char **argv) {
  const bool is_gallery = argc == 3 && strcmp(argv[1], "gallery") == 0, is_trainer = argc == 3 && strcmp(argv[1], "trainer") == 0;
  const double seconds = argc == 3 ? strtod(argv[2], NULL) : 0;
  if (!(is_gallery || is_trainer) || seconds < 10)
    return fprintf(stderr, "usage: soak gallery|trainer SECONDS, at least 10\n"), 2;
  must_hold(mkdtemp(folder) != NULL, "no folder to be had");
  if (is_gallery) begin_gallery();
  else new_trainer();
  const double begun = now(), warm = begun + (seconds / 10 < 120 ? seconds / 10 : 120);
  double sampled = 0;
  held first = {0}, least = {0}, most = {0}, last = {0};
  uint64_t rounds = 0;
  for (unsigned samples = 0; now() < begun + seconds; rounds++) {
    if (is_gallery) round_of_gallery(rounds);
    else round_of_trainer(rounds);
    if (now() < warm || now() - sampled < 1) continue;
    sampled = now(), last = hold();
    if (samples++ == 0) first = least = most = last;
    if (last.kilobytes < least.kilobytes) least.kilobytes = last.kilobytes;
    if (last.kilobytes > most.kilobytes) most.kilobytes = last.kilobytes;
    if (last.descriptors > most.descriptors) most.descriptors = last.descriptors;
    if (last.counted > most.counted) most.counted = last.counted;
  }
  if (is_gallery) end_gallery();
  else end_trainer();
  must_hold(fs_debug_live_handles() == 0, "handles are kept");
  char command[100];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  must_hold(system(command) == 0, "the folder stays");
  printf("%s: %llu rounds in %.0f seconds; resident %.1f MB at first, %.1f to %.1f MB, %.1f MB at last; descriptors %d, at most %d; "
         "counted %llu bytes, at most %llu\n",
         argv[1], (unsigned long long)rounds, now() - begun, (double)first.kilobytes / 1024, (double)least.kilobytes / 1024,
         (double)most.kilobytes / 1024, (double)last.kilobytes / 1024, first.descriptors, most.descriptors,
         (unsigned long long)first.counted, (unsigned long long)most.counted);
  must_hold(first.kilobytes > 0, "no sample: give it more time");
  must_hold(most.kilobytes - first.kilobytes <= MOST_GROWTH_KB, "resident memory grows by more than 4 MB");
  must_hold(most.descriptors == first.descriptors, "descriptors are kept");
  must_hold(last.handles == first.handles, "handles are kept");
  return 0;
}
