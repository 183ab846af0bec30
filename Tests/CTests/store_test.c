/* Galleries in files: what is kept, what is refused, what outlives a kill, a full disk and other processes. */
#include "support.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { DIMENSION = 128 };

static char folder[64];

static const char *in_folder(const char *name) {
  static char paths[8][128];
  static unsigned next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}

/* An embedding that only this number has. */
static const float *vector_of(int number) {
  static _Thread_local float vectors[4][DIMENSION];
  static _Thread_local unsigned next;
  float *vector = vectors[next++ % 4];
  uint32_t state = (uint32_t)number * 2654435761u + 12345;
  for (int i = 0; i < DIMENSION; i++) {
    state = state * 1664525u + 1013904223u;
    vector[i] = (float)(state >> 8) * 0x1p-23f - 1;
  }
  return vector;
}

static fs_gallery *opened(const char *path, const fs_embedder *embedder, bool read_only) {
  fs_gallery_options options;
  fs_gallery *gallery = NULL;
  fs_gallery_options_init(&options, sizeof options);
  options.read_only = read_only;
  fs_status status = fs_gallery_open(&gallery, path, embedder, &options);
  if (status != FS_OK) printf("  %s: %s\n", path, fs_last_error());
  return status == FS_OK ? gallery : NULL;
}

/* Whether the gallery has photo `number` with the very bits of vector_of(value). */
static bool holds(const fs_gallery *gallery, uint64_t number, int value) {
  float found[DIMENSION];
  return fs_gallery_embeddings(gallery, &number, 1, found, DIMENSION) == FS_OK &&
         memcmp(found, vector_of(value), sizeof found) == 0;
}

/* How often `bytes` are in a file; 0 if there is none. */
static int times_in(const char *path, const void *bytes, size_t count) {
  size_t length;
  uint8_t *file = read_file(path, &length);
  int times = 0;
  for (size_t i = 0; file && i + count <= length; i++)
    if (memcmp(file + i, bytes, count) == 0) times++;
  free(file);
  return times;
}

static int traces(const char *path, const void *bytes, size_t count) {
  char log[160];
  snprintf(log, sizeof log, "%s-wal", path);
  return times_in(path, bytes, count) + times_in(log, bytes, count);
}

static void remove_gallery(const char *path) {
  char beside[160];
  unlink(path);
  snprintf(beside, sizeof beside, "%s-wal", path), unlink(beside);
  snprintf(beside, sizeof beside, "%s-shm", path), unlink(beside);
}

static void kept(const fs_embedder *embedder) {
  const char *path = in_folder("kept.gallery");
  fs_gallery *gallery = NULL;
  TEST("a gallery in a file is made, and is empty") {
    REQUIRE_OK(fs_gallery_open(&gallery, path, embedder, NULL));
    fs_gallery_info info = {.size = sizeof info};
    CHECK_OK(fs_gallery_info_get(gallery, &info));
    CHECK(info.is_stored == 1 && info.is_encrypted == 0 && info.is_read_only == 0 && info.dimension == DIMENSION);
    CHECK(info.people == 0 && info.photos == 0 && info.threshold == fs_embedder_threshold(embedder) && info.model != 0);
  }
  TEST("what was added is there when it is opened again") {
    fs_enrolment told = {.size = sizeof told};
    fs_enrolment_options options;
    CHECK_OK(fs_enrolment_options_init(&options, sizeof options));
    options.note = "front door, \"spring\"";
    CHECK_OK(fs_gallery_add(gallery, "ada", vector_of(0), DIMENSION));
    CHECK_OK(fs_gallery_enrol(gallery, "bob", vector_of(1), DIMENSION, &options, &told));
    CHECK(told.added == 1 && told.photo == 1 && told.conflict == 0 && isinf(told.distance) && told.other[0] == 0);
    CHECK_OK(fs_gallery_add(gallery, "ada", vector_of(2), DIMENSION));
    fs_gallery_destroy(gallery);
    gallery = opened(path, NULL, false);
    REQUIRE(gallery != NULL);
    CHECK(fs_gallery_person_count(gallery) == 2 && fs_gallery_photo_count(gallery) == 3);
    for (int i = 0; i < 3; i++) CHECK(holds(gallery, (uint64_t)i, i));
    fs_gallery_photo photos[3];
    size_t count;
    CHECK_OK(fs_gallery_list_photos(gallery, "bob", photos, 3, &count));
    CHECK(count == 1 && photos[0].photo == 1 && strcmp(photos[0].note, options.note) == 0 && strcmp(photos[0].name, "bob") == 0);
    CHECK(photos[0].created > 1700000000);
    fs_gallery_person people[1];
    CHECK_OK(fs_gallery_list_people(gallery, people, 1, &count));
    CHECK(count == 2 && strcmp(people[0].name, "ada") == 0 && people[0].photos == 2 && people[0].created > 1700000000);
  }
  TEST("a photo of somebody who is there under another name is told") {
    fs_enrolment told = {.size = sizeof told};
    fs_enrolment_options options;
    CHECK_OK(fs_enrolment_options_init(&options, sizeof options));
    CHECK_OK(fs_gallery_enrol(gallery, "ada", vector_of(0), DIMENSION, NULL, &told));
    CHECK(told.added == 1 && told.conflict == 0);
    CHECK_OK(fs_gallery_enrol(gallery, "eve", vector_of(0), DIMENSION, NULL, &told));
    CHECK(told.added == 1 && told.photo == 4 && told.conflict == 1 && told.distance == 0 && strcmp(told.other, "ada") == 0);
    options.refuse = 1;
    CHECK_OK(fs_gallery_enrol(gallery, "zoe", vector_of(1), DIMENSION, &options, &told));
    CHECK(told.added == 0 && told.photo == UINT64_MAX && told.conflict == 1 && strcmp(told.other, "bob") == 0);
    CHECK(fs_gallery_person_count(gallery) == 3 && fs_gallery_photo_count(gallery) == 5);
    options.threshold = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, told, fs_gallery_enrol(gallery, "zoe", vector_of(1), DIMENSION, &options, &told));
  }
  TEST("photos and people are replaced and removed, in the file too") {
    CHECK_OK(fs_gallery_replace_photo(gallery, 1, vector_of(10), DIMENSION));
    CHECK_OK(fs_gallery_remove_photo(gallery, 4)); /* eve's only one */
    CHECK(fs_gallery_person_count(gallery) == 2);
    float two[2 * DIMENSION];
    memcpy(two, vector_of(20), sizeof two / 2), memcpy(two + DIMENSION, vector_of(21), sizeof two / 2);
    CHECK_OK(fs_gallery_replace_person(gallery, "ada", two, 2, DIMENSION));
    CHECK_STATUS(FS_NOT_FOUND, fs_gallery_remove_photo(gallery, 4));
    CHECK_STATUS(FS_NOT_FOUND, fs_gallery_remove_photo(gallery, UINT64_MAX));
    CHECK_STATUS(FS_NOT_FOUND, fs_gallery_replace_photo(gallery, 0, vector_of(1), DIMENSION));
    CHECK_STATUS(FS_NOT_FOUND, fs_gallery_replace_person(gallery, "eve", two, 2, DIMENSION));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_replace_person(gallery, "ada", two, 0, DIMENSION));
    for (int pass = 0; pass < 2; pass++) { /* in memory, then from the file */
      CHECK(fs_gallery_person_count(gallery) == 2 && fs_gallery_photo_count(gallery) == 3);
      CHECK(holds(gallery, 1, 10) && holds(gallery, 5, 20) && holds(gallery, 6, 21) && !holds(gallery, 0, 0));
      fs_gallery_destroy(gallery);
      gallery = opened(path, embedder, false);
      REQUIRE(gallery != NULL);
    }
    CHECK_OK(fs_gallery_add(gallery, "bob", vector_of(30), DIMENSION));
    CHECK(holds(gallery, 7, 30)); /* numbers are never given again */
  }
  TEST("all photos up to a distance are found, nearest first") {
    fs_neighbour near[4];
    size_t count = 9;
    float query[DIMENSION];
    memcpy(query, vector_of(30), sizeof query);
    query[0] += 0.25f;
    CHECK_OK(fs_gallery_within(gallery, query, DIMENSION, 0.25f, near, 4, &count));
    CHECK(count == 1 && near[0].photo == 7 && near[0].distance == 0.25f && strcmp(near[0].name, "bob") == 0);
    CHECK_OK(fs_gallery_within(gallery, query, DIMENSION, 0.2f, near, 4, &count));
    CHECK(count == 0);
    CHECK_OK(fs_gallery_within(gallery, query, DIMENSION, INFINITY, near, 2, &count));
    CHECK(count == 4 && near[0].photo == 7 && near[1].distance >= near[0].distance);
    CHECK_OK(fs_gallery_within(gallery, query, DIMENSION, 100, NULL, 0, &count));
    CHECK(count == 4);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_gallery_within(gallery, query, DIMENSION, NAN, near, 4, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_gallery_within(gallery, query, DIMENSION, -1, near, 4, &count));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_within(gallery, query, DIMENSION, 1, NULL, 4, &count));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_within(gallery, query, DIMENSION, 1, near, 4, NULL));
  }
  fs_gallery_destroy(gallery);
  TEST("a gallery has a threshold of its own, which is kept and seen by others") {
    fs_gallery *other = NULL;
    gallery = opened(path, NULL, false);
    other = opened(path, NULL, true);
    REQUIRE(gallery != NULL && other != NULL);
    fs_gallery_info info = {.size = sizeof info};
    CHECK_OK(fs_gallery_info_get(gallery, &info));
    const float model = info.threshold;
    CHECK_OK(fs_gallery_threshold_set(gallery, 0.25f));
    CHECK_OK(fs_gallery_info_get(gallery, &info));
    CHECK(info.threshold == 0.25f);
    int32_t changed = 0;
    CHECK_OK(fs_gallery_info_get(other, &info));
    CHECK(info.threshold == model);
    CHECK_OK(fs_gallery_reload(other, &changed));
    CHECK_OK(fs_gallery_info_get(other, &info));
    CHECK(changed == 1 && info.threshold == 0.25f && info.photos == 4);
    fs_gallery_identity identity = {.size = sizeof identity};
    CHECK_OK(fs_gallery_identify(other, vector_of(0), DIMENSION, NULL, &identity));
    CHECK(identity.threshold == 0.25f);
    CHECK_STATUS(FS_IO, fs_gallery_threshold_set(other, 1));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_threshold_set(gallery, -1));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_threshold_set(gallery, NAN));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_threshold_set(gallery, INFINITY));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_threshold_set(NULL, 1));
    fs_gallery_destroy(gallery);
    fs_gallery_destroy(other);
    gallery = opened(path, NULL, false); /* opened again it is there, and a change of photos leaves it */
    REQUIRE(gallery != NULL);
    CHECK_OK(fs_gallery_info_get(gallery, &info));
    CHECK(info.threshold == 0.25f);
    CHECK_OK(fs_gallery_threshold_set(gallery, model));
    fs_gallery_destroy(gallery);
    REQUIRE_OK(fs_gallery_create(&gallery, embedder)); /* in memory, too */
    CHECK_OK(fs_gallery_threshold_set(gallery, 0.5f));
    CHECK_OK(fs_gallery_info_get(gallery, &info));
    CHECK(info.threshold == 0.5f);
    fs_gallery_destroy(gallery);
  }
  TEST("a gallery that is read only is searched and not changed") {
    gallery = opened(path, NULL, true);
    REQUIRE(gallery != NULL);
    fs_gallery_info info = {.size = sizeof info};
    CHECK_OK(fs_gallery_info_get(gallery, &info));
    CHECK(info.is_read_only == 1 && info.photos == 4);
    CHECK_STATUS(FS_IO, fs_gallery_add(gallery, "ada", vector_of(0), DIMENSION));
    CHECK_STATUS(FS_IO, fs_gallery_remove(gallery, "ada"));
    CHECK(fs_gallery_photo_count(gallery) == 4);
    fs_gallery_destroy(gallery);
  }
  TEST("many photos are added all or none") {
    const char *names[3] = {"x", "y", "x"};
    float three[3 * DIMENSION];
    for (int i = 0; i < 3; i++) memcpy(three + i * DIMENSION, vector_of(40 + i), sizeof three / 3);
    gallery = opened(path, NULL, false);
    REQUIRE(gallery != NULL);
    fs_gallery_report report = {.size = sizeof report};
    CHECK_OK(fs_gallery_add_many(gallery, names, three, 3, DIMENSION, &report));
    CHECK(report.added == 3 && report.present == 0 && report.conflicts == 0 && fs_gallery_photo_count(gallery) == 7);
    names[2] = "z";
    CHECK_OK(fs_gallery_add_many(gallery, names, three, 3, DIMENSION, &report));
    CHECK(report.conflicts == 1); /* z is x */
    three[3 * DIMENSION - 1] = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, report, fs_gallery_add_many(gallery, names, three, 3, DIMENSION, &report));
    names[1] = NULL;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, report, fs_gallery_add_many(gallery, names, three, 3, DIMENSION, &report));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add_many(gallery, names, three, SIZE_MAX, DIMENSION, &report));
    CHECK_OK(fs_gallery_add_many(gallery, NULL, NULL, 0, DIMENSION, NULL));
    CHECK(fs_gallery_photo_count(gallery) == 10);
    fs_gallery_destroy(gallery);
  }
  remove_gallery(path);
}

static void refused(const fs_embedder *embedder) {
  fs_gallery *gallery;
  fs_gallery_options options;
  TEST("what is no gallery's file is refused") {
    CHECK_OK(fs_gallery_options_init(&options, sizeof options));
    CHECK_REFUSED(FS_IO, gallery, fs_gallery_open(&gallery, in_folder("none/gallery"), embedder, NULL));
    CHECK_REFUSED(FS_IO, gallery, fs_gallery_open(&gallery, in_folder("absent"), NULL, NULL));
    CHECK_REFUSED(FS_IO, gallery, fs_gallery_open(&gallery, folder, embedder, NULL));
    CHECK_REFUSED(FS_IO, gallery, fs_gallery_open(&gallery, "/dev/null", embedder, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gallery, fs_gallery_open(&gallery, "", embedder, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gallery, fs_gallery_open(&gallery, "postgresql://ada:a/b@host/faces", embedder, NULL));
    CHECK_REFUSED(FS_IO, gallery, fs_gallery_open(&gallery, "postgresql://127.0.0.1:1/faces", embedder, NULL)); /* nobody is there */
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gallery, fs_gallery_open(&gallery, NULL, embedder, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_open(NULL, in_folder("absent"), embedder, NULL));
    options.create = 0;
    CHECK_REFUSED(FS_IO, gallery, fs_gallery_open(&gallery, in_folder("absent"), embedder, &options));
    options.size = 3;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gallery, fs_gallery_open(&gallery, in_folder("absent"), embedder, &options));
    const char *text = in_folder("text");
    CHECK(write_file(text, "name,created\nada,1\n", 19));
    CHECK_REFUSED(FS_BAD_DATA, gallery, fs_gallery_open(&gallery, text, embedder, NULL));
    CHECK_REFUSED(FS_BAD_DATA, gallery, fs_gallery_open(&gallery, text, NULL, NULL));
    CHECK(times_in(text, "name,created\nada,1\n", 19) == 1);
    unlink(text);
    CHECK(mkfifo(in_folder("pipe"), 0600) == 0);
    CHECK_REFUSED(FS_IO, gallery, fs_gallery_open(&gallery, in_folder("pipe"), embedder, NULL));
    unlink(in_folder("pipe"));
    CHECK(entries(folder) == 0);
  }
  TEST("a gallery in memory has no file to reload") {
    int32_t changed = 7;
    REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    CHECK_OK(fs_gallery_reload(gallery, &changed));
    CHECK(changed == 0);
    fs_gallery_info info = {.size = sizeof info};
    CHECK_OK(fs_gallery_info_get(gallery, &info));
    CHECK(info.is_stored == 0);
    info.size = 4;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_info_get(gallery, &info));
    fs_gallery_destroy(gallery);
  }
  TEST("a gallery of another model is refused") {
    if (quick()) SKIP("a second face network, in quick runs");
    const char *path = in_folder("model.gallery");
    size_t count;
    uint8_t *bytes = read_file(model_path("dlib-resnet.safetensors"), &count);
    fs_model *model = NULL;
    fs_embedder *other = NULL;
    bytes[count - 4] ^= 1; /* the lowest bit of one weight makes it another model */
    CHECK_OK(fs_model_load(&model, bytes, count));
    CHECK_OK(fs_embedder_create(&other, model));
    fs_gallery *first = opened(path, embedder, false), *second = NULL;
    REQUIRE(first != NULL);
    CHECK_REFUSED(FS_WRONG_MODEL, gallery, fs_gallery_open(&gallery, path, other, NULL));
    REQUIRE_OK(fs_gallery_create(&second, other));
    CHECK_OK(fs_gallery_add(second, "ada", vector_of(0), DIMENSION));
    CHECK_STATUS(FS_WRONG_MODEL, fs_gallery_merge(first, second, NULL));
    CHECK_OK(fs_gallery_export(second, in_folder("other.csv")));
    CHECK_OK(fs_gallery_export(second, in_folder("other.safetensors")));
    CHECK_STATUS(FS_WRONG_MODEL, fs_gallery_import(first, in_folder("other.csv"), NULL));
    CHECK_STATUS(FS_WRONG_MODEL, fs_gallery_import(first, in_folder("other.safetensors"), NULL));
    CHECK(fs_gallery_photo_count(first) == 0);
    fs_gallery_destroy(first), fs_gallery_destroy(second);
    fs_embedder_destroy(other), fs_model_destroy(model);
    free(bytes);
    unlink(in_folder("other.csv")), unlink(in_folder("other.safetensors"));
    remove_gallery(path);
  }
}

/* Away with the file and what lies beside it, while the gallery is open. */
static void gone(const fs_embedder *embedder) {
  const char *path = in_folder("gone.gallery"), *other = in_folder("other.gallery");
  int32_t changed = 7;
  TEST("what is changed in a file that is gone is not acknowledged") {
    fs_gallery *gallery = opened(path, embedder, false);
    REQUIRE(gallery != NULL);
    CHECK_OK(fs_gallery_add(gallery, "ada", vector_of(0), DIMENSION));
    remove_gallery(path);
    CHECK_STATUS(FS_IO, fs_gallery_add(gallery, "bob", vector_of(1), DIMENSION));
    CHECK(strstr(fs_last_error(), "removed or replaced") != NULL);
    CHECK_STATUS(FS_IO, fs_gallery_remove(gallery, "ada"));
    CHECK_STATUS(FS_IO, fs_gallery_reload(gallery, &changed));
    CHECK(changed == 7 && fs_gallery_photo_count(gallery) == 1 && holds(gallery, 0, 0));
    fs_gallery_destroy(gallery);
    CHECK(entries(folder) == 0);
  }
  TEST("another gallery in its place stays as it is") {
    fs_gallery *gallery = opened(path, embedder, false), *second = opened(other, embedder, false);
    REQUIRE(gallery != NULL && second != NULL);
    CHECK_OK(fs_gallery_add(gallery, "ada", vector_of(0), DIMENSION));
    CHECK_OK(fs_gallery_add(second, "zoe", vector_of(9), DIMENSION));
    fs_gallery_destroy(second);
    remove_gallery(path);
    CHECK(rename(other, path) == 0);
    CHECK_STATUS(FS_IO, fs_gallery_add(gallery, "bob", vector_of(1), DIMENSION));
    second = opened(path, NULL, false); /* both are open when the first one ends */
    REQUIRE(second != NULL);
    CHECK_OK(fs_gallery_add(second, "yan", vector_of(8), DIMENSION));
    fs_gallery_destroy(gallery);
    CHECK_OK(fs_gallery_add(second, "yan", vector_of(7), DIMENSION));
    fs_gallery_destroy(second);
    gallery = opened(path, NULL, false);
    CHECK(gallery != NULL && fs_gallery_photo_count(gallery) == 3 && holds(gallery, 0, 9) && holds(gallery, 1, 8) && holds(gallery, 2, 7));
    fs_gallery_destroy(gallery);
    remove_gallery(path);
  }
}

static void named(const fs_embedder *embedder) {
  TEST("a path is a path, whatever SQLite makes of it, and of any bytes") {
    static const char *const names[] = {":memory:", "file:x.gallery", "file::memory:", "Andr\xe9.gallery"};
    char before[4096];
    REQUIRE(getcwd(before, sizeof before) != NULL && chdir(folder) == 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
      fs_gallery *gallery = opened(names[i], embedder, false);
      REQUIRE(gallery != NULL);
      CHECK_OK(fs_gallery_add(gallery, "ada", vector_of((int)i), DIMENSION));
      fs_gallery_destroy(gallery);
      CHECK(entries(folder) == 1 && access(names[i], F_OK) == 0);
      gallery = opened(names[i], NULL, true);
      CHECK(gallery != NULL && holds(gallery, 0, (int)i));
      fs_gallery_destroy(gallery);
      remove_gallery(names[i]);
    }
    fs_gallery *gallery;
    CHECK_REFUSED(FS_IO, gallery, fs_gallery_open(&gallery, "Andr\xe9", NULL, NULL));
    CHECK(strstr(fs_last_error(), "Andr\xef\xbf\xbd: ") != NULL); /* U+FFFD */
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gallery, fs_gallery_open(&gallery, "x-wal", embedder, NULL));
    CHECK(chdir(before) == 0);
  }
  TEST("a name is one however it is typed") {
    const char *path = in_folder("named.gallery"), *composed = "Zo\xc3\xab", *typed = "Zoe\xcc\x88";
    fs_gallery *gallery = opened(path, embedder, false);
    fs_gallery_identity match = {.size = sizeof match};
    REQUIRE(gallery != NULL);
    CHECK_OK(fs_gallery_add(gallery, typed, vector_of(0), DIMENSION));
    CHECK_OK(fs_gallery_add(gallery, composed, vector_of(1), DIMENSION));
    CHECK(fs_gallery_person_count(gallery) == 1);
    CHECK_OK(fs_gallery_identify(gallery, vector_of(0), DIMENSION, within(0.1f), &match));
    CHECK(strcmp(match.name, composed) == 0);
    CHECK_OK(fs_gallery_remove(gallery, typed));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add(gallery, "Zo\xeb", vector_of(0), DIMENSION)); /* Latin-1 */
    fs_gallery_destroy(gallery);
    gallery = opened(path, NULL, false);
    CHECK(fs_gallery_person_count(gallery) == 0 && fs_gallery_photo_count(gallery) == 0);
    fs_gallery_destroy(gallery);
    remove_gallery(path);
  }
}

static void erased(const fs_embedder *embedder) {
  const char *path = in_folder("erased.gallery");
  TEST("of a person who is removed not a byte stays in the files") {
    fs_gallery *gallery = opened(path, embedder, false);
    REQUIRE(gallery != NULL);
    int count = quick() ? 40 : 400;
    bool sound = true, clean = true;
    char name[40];
    for (int i = 0; i < count; i++) {
      snprintf(name, sizeof name, "somebody called %04d", i);
      sound = sound && fs_gallery_add(gallery, name, vector_of(i), DIMENSION) == FS_OK;
    }
    sound = sound && traces(path, vector_of(7), 4 * DIMENSION) > 0;
    sound = sound && traces(path, "somebody called 0007", 20) > 0;
    /* In an order that moves what stays from page to page. */
    for (int i = 0; i < count; i += 2) {
      int number = i * 7 % count;
      if (number % 3 == 0) continue;
      snprintf(name, sizeof name, "somebody called %04d", number);
      if (fs_gallery_remove(gallery, name) != FS_OK) continue; /* went before */
      clean = clean && traces(path, vector_of(number), 32) == 0 && traces(path, name, strlen(name)) == 0;
      clean = clean && traces(path, vector_of(number) + DIMENSION - 8, 32) == 0;
    }
    CHECK(sound && clean);
    CHECK_OK(fs_gallery_replace_photo(gallery, 3, vector_of(5000), DIMENSION));
    CHECK(traces(path, vector_of(3), 32) == 0 && traces(path, vector_of(5000), 4 * DIMENSION) == 1);
    size_t left = fs_gallery_photo_count(gallery);
    fs_gallery_destroy(gallery);
    gallery = opened(path, NULL, false);
    CHECK(fs_gallery_photo_count(gallery) == left && left > 0 && left < (size_t)count);
    fs_gallery_destroy(gallery);
    remove_gallery(path);
  }
}

static void files(const fs_embedder *embedder) {
  TEST("what is exported comes back to the bit, once") {
    static const char *const names[] = {"all.csv", "all.safetensors"};
    fs_gallery *gallery = NULL;
    fs_enrolment_options options;
    float odd[DIMENSION];
    memcpy(odd, vector_of(3), sizeof odd);
    odd[0] = -0.0f, odd[1] = 1e-45f, odd[2] = FLT_MAX, odd[3] = 0.1f, odd[4] = -1.17549435e-38f, odd[5] = 16777216, odd[6] = 1e-7f;
    REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    CHECK_OK(fs_enrolment_options_init(&options, sizeof options));
    options.note = "a, \"b\"\nc";
    CHECK_OK(fs_gallery_enrol(gallery, "Zo\xc3\xab, the \"first\"", odd, DIMENSION, &options, NULL));
    for (int i = 0; i < 50; i++) CHECK_OK(fs_gallery_add(gallery, i % 2 ? "ada" : "line\nbreak", vector_of(i), DIMENSION));
    for (int i = 0; i < 2; i++) {
      fs_gallery *copy = NULL;
      fs_gallery_report report = {.size = sizeof report};
      fs_gallery_photo photo;
      size_t count;
      uint64_t first = 0;
      float found[DIMENSION];
      CHECK_OK(fs_gallery_export(gallery, in_folder(names[i])));
      CHECK_OK(fs_gallery_create(&copy, embedder));
      CHECK_OK(fs_gallery_import(copy, in_folder(names[i]), &report));
      CHECK(report.added == 51 && report.present == 0 && report.conflicts == 0);
      CHECK(fs_gallery_person_count(copy) == 3 && fs_gallery_photo_count(copy) == 51);
      CHECK_OK(fs_gallery_embeddings(copy, &first, 1, found, DIMENSION));
      CHECK(memcmp(found, odd, sizeof odd) == 0);
      for (int k = 0; k < 50; k++) CHECK(holds(copy, (uint64_t)k + 1, k));
      CHECK_OK(fs_gallery_list_photos(copy, "Zo\xc3\xab, the \"first\"", &photo, 1, &count));
      CHECK(count == 1 && strcmp(photo.note, "a, \"b\"\nc") == 0);
      CHECK_OK(fs_gallery_import(copy, in_folder(names[i]), &report));
      CHECK(report.added == 0 && report.present == 51);
      CHECK_OK(fs_gallery_merge(copy, gallery, &report));
      CHECK(report.added == 0 && report.present == 51);
      CHECK_OK(fs_gallery_add(gallery, "eve", vector_of(9), DIMENSION)); /* ada's face */
      CHECK_OK(fs_gallery_merge(copy, gallery, &report));
      CHECK(report.added == 1 && report.conflicts == 1);
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_merge(copy, copy, &report));
      CHECK_OK(fs_gallery_remove(gallery, "eve"));
      fs_gallery_destroy(copy);
      unlink(in_folder(names[i]));
    }
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_export(gallery, in_folder("all.txt")));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_import(gallery, in_folder("all.txt"), NULL));
    CHECK_STATUS(FS_IO, fs_gallery_import(gallery, in_folder("absent.csv"), NULL));
    CHECK_STATUS(FS_IO, fs_gallery_export(gallery, in_folder("none/all.csv")));
    fs_gallery_destroy(gallery);
  }
  TEST("an empty gallery is exported and imported") {
    fs_gallery *gallery = NULL;
    fs_gallery_report report = {.size = sizeof report};
    REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    for (int i = 0; i < 2; i++) {
      const char *path = in_folder(i ? "empty.csv" : "empty.safetensors");
      CHECK_OK(fs_gallery_export(gallery, path));
      CHECK_OK(fs_gallery_import(gallery, path, &report));
      CHECK(report.added == 0 && report.present == 0);
      unlink(path);
    }
    fs_gallery_destroy(gallery);
  }
}

static void secret(const fs_embedder *embedder) {
  const char *path = in_folder("secret.gallery");
  uint8_t key[FS_GALLERY_KEY_LENGTH], other[FS_GALLERY_KEY_LENGTH];
  fs_gallery_options options;
  fs_gallery *gallery = NULL;
  fs_gallery_options_init(&options, sizeof options);
  for (int i = 0; i < FS_GALLERY_KEY_LENGTH; i++) key[i] = (uint8_t)(7 * i + 1), other[i] = (uint8_t)(7 * i + 2);
  options.key = key;
  fs_status status = fs_gallery_open(&gallery, path, embedder, &options);
  if (status == FS_IO && strstr(fs_last_error(), "libsodium")) {
    test_skip_group("galleries with a key: libsodium is not there");
    return;
  }
  TEST("with a key no embedding is to be read in the file") {
    CHECK_STATUS(FS_OK, status);
    CHECK_OK(fs_gallery_add(gallery, "ada", vector_of(1), DIMENSION));
    CHECK_OK(fs_gallery_add(gallery, "bob", vector_of(2), DIMENSION));
    CHECK_OK(fs_gallery_replace_photo(gallery, 1, vector_of(3), DIMENSION));
    fs_gallery_info info = {.size = sizeof info};
    CHECK_OK(fs_gallery_info_get(gallery, &info));
    CHECK(info.is_encrypted == 1);
    for (int i = 1; i <= 3; i++) CHECK(traces(path, vector_of(i), 16) == 0);
    CHECK(traces(path, key, 16) == 0);
    fs_gallery_destroy(gallery);
    CHECK_OK(fs_gallery_open(&gallery, path, embedder, &options));
    CHECK(holds(gallery, 0, 1) && holds(gallery, 1, 3));
    fs_gallery_destroy(gallery);
  }
  TEST("a wrong key, and a key too few or too many, are refused") {
    options.key = other;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gallery, fs_gallery_open(&gallery, path, embedder, &options));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gallery, fs_gallery_open(&gallery, path, embedder, NULL));
    remove_gallery(path);
    REQUIRE_OK(fs_gallery_open(&gallery, path, embedder, NULL));
    fs_gallery_destroy(gallery);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gallery, fs_gallery_open(&gallery, path, embedder, &options));
  }
  remove_gallery(path);
}

/* ---- Other processes ---- */

static void shared_by_processes(const fs_embedder *embedder) {
  const char *path = in_folder("shared.gallery");
  TEST("what another handle wrote is seen after reloading, and before writing") {
    fs_gallery *a = opened(path, embedder, false), *b = opened(path, embedder, false);
    int32_t changed;
    REQUIRE(a && b);
    CHECK_OK(fs_gallery_add(a, "ada", vector_of(0), DIMENSION));
    CHECK(fs_gallery_photo_count(b) == 0);
    CHECK_OK(fs_gallery_reload(b, &changed));
    CHECK(changed == 1 && holds(b, 0, 0));
    CHECK_OK(fs_gallery_reload(b, &changed));
    CHECK(changed == 0);
    CHECK_OK(fs_gallery_add(b, "bob", vector_of(1), DIMENSION));
    CHECK_OK(fs_gallery_add(a, "eve", vector_of(2), DIMENSION)); /* takes bob in first */
    CHECK(holds(a, 1, 1) && holds(a, 2, 2) && fs_gallery_person_count(a) == 3);
    CHECK_OK(fs_gallery_remove(a, "ada"));
    CHECK_STATUS(FS_NOT_FOUND, fs_gallery_remove(b, "ada"));
    CHECK_OK(fs_gallery_replace_photo(a, 1, vector_of(9), DIMENSION));
    CHECK_OK(fs_gallery_reload(b, NULL));
    CHECK(fs_gallery_photo_count(b) == 2 && holds(b, 1, 9) && holds(b, 2, 2));
    fs_gallery_destroy(a), fs_gallery_destroy(b);
  }
  TEST("a forked child searches its parent's gallery and changes it through one of its own") {
    fs_gallery *gallery = opened(path, embedder, false);
    REQUIRE(gallery != NULL);
    fflush(stdout);
    pid_t process = fork();
    if (process == 0) {
      alarm(quick() ? 600 : 60);
      bool well = holds(gallery, 1, 9) && fs_gallery_add(gallery, "x", vector_of(4), DIMENSION) == FS_INVALID_ARGUMENT;
      fs_gallery *own = opened(path, embedder, false);
      well = well && own && fs_gallery_add(own, "x", vector_of(4), DIMENSION) == FS_OK;
      fs_gallery_destroy(own), fs_gallery_destroy(gallery);
      execl("/bin/sh", "sh", "-c", well ? "exit 0" : "exit 1", (char *)NULL);
      _exit(2);
    }
    int status = 1;
    CHECK(process > 0 && waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_OK(fs_gallery_reload(gallery, NULL));
    CHECK(fs_gallery_photo_count(gallery) == 3);
    fs_gallery_destroy(gallery);
  }
  remove_gallery(path);
}

/* A child that adds photos for ever, and writes the number of each to a pipe once it is acknowledged. */
static void add_for_ever(const char *path, const fs_embedder *embedder, int pipe) {
  fs_gallery *gallery = NULL;
  alarm(quick() ? 600 : 60);
  if (fs_gallery_open(&gallery, path, embedder, NULL) != FS_OK) _exit(3);
  for (uint32_t i = (uint32_t)fs_gallery_photo_count(gallery);; i++) {
    char name[32];
    snprintf(name, sizeof name, "person %u", i % 40);
    if (fs_gallery_add(gallery, name, vector_of((int)i), DIMENSION) != FS_OK) _exit(4);
    if (write(pipe, &i, sizeof i) != sizeof i) _exit(5);
  }
}

static void killed(const fs_embedder *embedder) {
  const char *path = in_folder("killed.gallery");
  TEST("a writer killed at any moment loses nothing that was acknowledged") {
    int rounds = quick() ? 10 : 200;
    bool sound = true;
    long acknowledged = 0;
    srand(1);
    for (int round = 0; round < rounds && sound; round++) {
      int ends[2];
      sound = pipe(ends) == 0;
      fflush(stdout);
      pid_t process = fork();
      if (process == 0) {
        close(ends[0]);
        add_for_ever(path, embedder, ends[1]);
      }
      close(ends[1]);
      /* From before the file is open to many photos later. */
      struct timespec nap = {.tv_nsec = (long)(rand() % 40) * 1000000 + rand() % 1000000};
      uint32_t number = 0, latest = 0;
      bool any = false;
      if (round % 4) sound = sound && read(ends[0], &number, sizeof number) == sizeof number, latest = number, any = true;
      nanosleep(&nap, NULL);
      kill(process, SIGKILL);
      int status = 0;
      waitpid(process, &status, 0);
      sound = sound && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
      while (read(ends[0], &number, sizeof number) == sizeof number) latest = number, any = true;
      close(ends[0]);
      fs_gallery *gallery = opened(path, embedder, false);
      sound = sound && gallery != NULL;
      size_t count = fs_gallery_photo_count(gallery);
      if (any && count <= latest) sound = false, printf("  round %d: photo %u was acknowledged, %zu are there\n", round, latest, count);
      for (size_t i = 0; i < count && sound; i++) sound = holds(gallery, i, (int)i);
      acknowledged = any ? (long)latest + 1 : acknowledged;
      fs_gallery_destroy(gallery);
    }
    CHECK(sound && acknowledged > 0);
    printf("  %d kills, %ld photos acknowledged\n", rounds, acknowledged);
    remove_gallery(path);
  }
}

/* Runs `body` in a child; true if it answers 0. */
static bool child(int (*body)(void *), void *argument) {
  fflush(stdout);
  pid_t process = fork();
  if (process == 0) {
    alarm(quick() ? 600 : 120);
    int answer = body(argument);
    if (answer) fprintf(stderr, "  the child stopped at %d: %s\n", answer, fs_last_error());
    execl("/bin/sh", "sh", "-c", answer == 0 ? "exit 0" : "exit 1", (char *)NULL);
    _exit(2);
  }
  int status = 1;
  return process > 0 && waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

struct disk {
  const char *path;
  const fs_embedder *embedder;
};

/* Writes until files may grow no more: each size as if the disk were full there. */
static int fill_disk(void *argument) {
  struct disk *disk = argument;
  signal(SIGXFSZ, SIG_IGN);
  fs_gallery *gallery = NULL;
  if (fs_gallery_open(&gallery, disk->path, disk->embedder, NULL) != FS_OK) return 1;
  struct rlimit limit = {.rlim_cur = 120000, .rlim_max = RLIM_INFINITY};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
  fs_status status = FS_OK;
  int count = 0;
  while (count < 2000 && (status = fs_gallery_add(gallery, "ada", vector_of(count), DIMENSION)) == FS_OK) count++;
  if (status != FS_IO || count == 0) return 3;
  for (int i = 0; i < 20; i++)
    if (fs_gallery_add(gallery, "ada", vector_of(count), DIMENSION) == FS_OK) count++; /* a log that starts anew has room */
  if ((int)fs_gallery_photo_count(gallery) != count) return 4;
  for (int i = 0; i < count; i++)
    if (!holds(gallery, (uint64_t)i, i)) return 5;
  /* There is room again. */
  limit.rlim_cur = RLIM_INFINITY;
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 6;
  if (fs_gallery_add(gallery, "bob", vector_of(count), DIMENSION) != FS_OK) return 7;
  fs_gallery_destroy(gallery);
  if (fs_gallery_open(&gallery, disk->path, NULL, NULL) != FS_OK) return 8;
  if ((int)fs_gallery_photo_count(gallery) != count + 1) return 9;
  for (int i = 0; i <= count; i++)
    if (!holds(gallery, (uint64_t)i, i)) return 10;
  fs_gallery_destroy(gallery);
  return 0;
}

/* As somebody who may read the file and its folder and write neither. */
static int read_without_writing(void *argument) {
  struct disk *disk = argument;
  if (geteuid() == 0 && setuid(65534) != 0) return 1;
  fs_gallery *gallery = NULL;
  if (fs_gallery_open(&gallery, disk->path, disk->embedder, NULL) != FS_OK) return 2;
  if (fs_gallery_photo_count(gallery) != 3 || !holds(gallery, 2, 2)) return 3;
  if (fs_gallery_add(gallery, "ada", vector_of(0), DIMENSION) != FS_IO) return 4;
  if (fs_gallery_reload(gallery, NULL) != FS_OK || fs_gallery_photo_count(gallery) != 3) return 5;
  fs_gallery_destroy(gallery);
  return 0;
}

static void full_and_read_only(const fs_embedder *embedder) {
  TEST("a full disk is told, and loses nothing") {
    struct disk disk = {in_folder("full.gallery"), embedder};
    CHECK(child(fill_disk, &disk));
    remove_gallery(disk.path);
  }
  TEST("a file that may not be written is read, and refuses changes") {
    struct disk disk = {in_folder("locked/still 100%.gallery"), embedder};
    CHECK(mkdir(in_folder("locked"), 0755) == 0 && chmod(folder, 0755) == 0);
    fs_gallery *gallery = opened(disk.path, embedder, false);
    REQUIRE(gallery != NULL);
    for (int i = 0; i < 3; i++) CHECK_OK(fs_gallery_add(gallery, "ada", vector_of(i), DIMENSION));
    fs_gallery_destroy(gallery);
    CHECK(chmod(disk.path, 0444) == 0 && chmod(in_folder("locked"), 0555) == 0);
    CHECK(child(read_without_writing, &disk));
    CHECK(chmod(in_folder("locked"), 0755) == 0);
    gallery = opened(disk.path, embedder, true);
    CHECK(fs_gallery_photo_count(gallery) == 3);
    fs_gallery_destroy(gallery);
    remove_gallery(disk.path);
    rmdir(in_folder("locked"));
  }
}

static void hostile(const fs_embedder *embedder) {
  TEST("a truncated or mutated file is an error, or a gallery, and never a crash") {
    const char *path = in_folder("whole.gallery"), *bad = in_folder("bad.gallery");
    fs_gallery *gallery = opened(path, embedder, false);
    REQUIRE(gallery != NULL);
    for (int i = 0; i < 60; i++) {
      char name[32];
      snprintf(name, sizeof name, "person %d", i % 17);
      CHECK_OK(fs_gallery_add(gallery, name, vector_of(i), DIMENSION));
    }
    fs_gallery_destroy(gallery);
    size_t count;
    uint8_t *whole = read_file(path, &count), *bytes = malloc(count);
    int refusals = 0, rounds = quick() ? 40 : 1500;
    bool sound = whole && bytes;
    srand(2);
    for (int round = 0; round < rounds && sound; round++) {
      size_t length = count;
      memcpy(bytes, whole, count);
      if (round % 3 == 0) length = (size_t)rand() % count;
      /* In the header and in the pages' heads and tables, where it hurts most, and anywhere. */
      if (round % 3)
        for (int i = 0; i < 1 + rand() % 8; i++) {
          size_t page = (size_t)rand() % (count / 4096) * 4096, place = rand() % 3 ? page + (size_t)rand() % 100 : (size_t)rand() % count;
          bytes[place] = (uint8_t)rand();
        }
      sound = write_file(bad, bytes, length);
      gallery = NULL;
      fs_status status = fs_gallery_open(&gallery, bad, embedder, NULL);
      if (status == FS_OK) {
        fs_gallery_identity match = {.size = sizeof match};
        int32_t changed;
        sound = fs_gallery_identify(gallery, vector_of(5), DIMENSION, within(0.6f), &match) == FS_OK;
        fs_status added = fs_gallery_add(gallery, "eve", vector_of(100), DIMENSION);
        fs_status removed = fs_gallery_remove(gallery, "person 3");
        fs_status again = fs_gallery_reload(gallery, &changed);
        sound = sound && added != FS_INTERNAL && removed != FS_INTERNAL && again != FS_INTERNAL;
        if (!sound) printf("  round %d: %d %d %d %s\n", round, added, removed, again, fs_last_error());
        fs_gallery_destroy(gallery);
      } else {
        refusals++;
        sound = status == FS_BAD_DATA || status == FS_WRONG_MODEL || status == FS_IO || status == FS_NOT_FOUND || status == FS_INVALID_ARGUMENT;
        if (!sound) printf("  round %d: %s %s\n", round, fs_status_name(status), fs_last_error());
      }
      remove_gallery(bad);
    }
    CHECK(sound && refusals > rounds / 4);
    free(whole), free(bytes);
    remove_gallery(path);
  }
}

/* ---- Threads ---- */

struct reader {
  fs_gallery *gallery;
  atomic_bool *done;
  long searches;
  bool sound;
};

static void *search_on(void *argument) {
  struct reader *reader = argument;
  reader->sound = true;
  do { /* once at least: on a busy machine the changes may end before a thread begins */
    fs_gallery_identity match = {.size = sizeof match};
    fs_neighbour near[3];
    size_t found;
    reader->sound = fs_gallery_identify(reader->gallery, vector_of(0), DIMENSION, within(0.1f), &match) == FS_OK && match.known == 1 &&
                    strcmp(match.name, "always") == 0 && match.distance == 0;
    reader->sound = reader->sound && fs_gallery_search(reader->gallery, vector_of(0), 1, DIMENSION, 3, near, 3, &found) == FS_OK &&
                    found >= 1 && near[0].photo == 0 && near[0].distance == 0;
    reader->searches++;
  } while (!atomic_load(reader->done) && reader->sound);
  return NULL;
}

static void threads(const fs_embedder *embedder) {
  TEST("many threads search while one adds, replaces and removes, and two more reload") {
    enum { READERS = 3 };
    const char *path = in_folder("threads.gallery");
    fs_gallery *gallery = opened(path, embedder, false);
    REQUIRE(gallery != NULL);
    CHECK_OK(fs_gallery_add(gallery, "always", vector_of(0), DIMENSION));
    atomic_bool done = false;
    struct reader readers[READERS];
    pthread_t handles[READERS];
    for (int i = 0; i < READERS; i++) {
      readers[i] = (struct reader){.gallery = gallery, .done = &done};
      CHECK(pthread_create(&handles[i], NULL, search_on, &readers[i]) == 0);
    }
    bool sound = true;
    for (int i = 0; i < (quick() ? 5 : 60) && sound; i++) {
      float vector[DIMENSION] = {0};
      int32_t changed;
      vector[1] = (float)(50 + i);
      sound = fs_gallery_add(gallery, i % 3 ? "sometimes" : "rarely", vector, DIMENSION) == FS_OK;
      if (i % 5 == 4) sound = sound && fs_gallery_remove(gallery, "sometimes") == FS_OK;
      if (i % 4 == 3) sound = sound && fs_gallery_reload(gallery, &changed) == FS_OK;
      if (i % 7 == 6) vector[2] = 1, sound = sound && fs_gallery_enrol(gallery, "rarely", vector, DIMENSION, NULL, NULL) == FS_OK;
    }
    atomic_store(&done, true);
    for (int i = 0; i < READERS; i++) {
      pthread_join(handles[i], NULL);
      CHECK(readers[i].sound && readers[i].searches > 0);
    }
    CHECK(sound);
    fs_gallery_destroy(gallery);
    remove_gallery(path);
  }
}

int main(void) {
  snprintf(folder, sizeof folder, "/tmp/facestyle-store-XXXXXX");
  if (!mkdtemp(folder)) return perror(folder), 1;
  TEST("without a gallery there is nothing to do") {
    fs_gallery *gallery;
    CHECK_REFUSED(FS_IO, gallery, fs_gallery_open(&gallery, in_folder("absent"), NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_reload(NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_remove_photo(NULL, 0));
  }
  if (have(model_path("dlib-resnet.safetensors"), "galleries in files")) {
    fs_model *network = open_model("dlib-resnet.safetensors");
    fs_embedder *embedder = NULL;
    TEST("an embedder is made") CHECK_OK(fs_embedder_create(&embedder, network));
    fs_model_destroy(network);
    kept(embedder);
    refused(embedder);
    gone(embedder);
    named(embedder);
    erased(embedder);
    files(embedder);
    secret(embedder);
    shared_by_processes(embedder);
    killed(embedder);
    full_and_read_only(embedder);
    hostile(embedder);
    threads(embedder);
    fs_embedder_destroy(embedder);
  }
  TEST("nothing is left behind") CHECK(entries(folder) == 0);
  rmdir(folder);
  return test_end_program();
}
