/* Gallery: made-up embeddings at known distances, then real photos. */
#include "support.h"

enum { DIMENSION = 128 };

/* A vector with one number that is not zero. */
static const float *axis(int place, float value) {
  static float vectors[4][DIMENSION];
  static unsigned next;
  float *vector = vectors[next++ % 4];
  memset(vector, 0, sizeof vectors[0]);
  vector[place] = value;
  return vector;
}

static void without_embedder(void) {
  TEST("without an embedder there is no gallery, and getters answer nothing") {
    fs_gallery *gallery;
    fs_gallery_identity match = {.size = sizeof match};
    fs_verdict verdict;
    float vector[4] = {0};
    fs_image *image = plain(9, 9, 1, 2, 3);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gallery, fs_gallery_create(&gallery, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_create(NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add(NULL, "a", vector, 4));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add_photo(NULL, NULL, NULL, "a", image));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_remove(NULL, "a"));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_gallery_verify(NULL, "a", vector, 4, 0.6f, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_gallery_verify_photo(NULL, NULL, NULL, "a", image, 0.6f, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, match, fs_gallery_identify(NULL, vector, 4, within(0.6f), &match));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, match, fs_gallery_identify_photo(NULL, NULL, NULL, image, within(0.6f), &match));
    fs_neighbour neighbour;
    size_t found;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, neighbour, fs_gallery_search(NULL, vector, 1, 4, 1, &neighbour, 1, &found));
    CHECK(fs_gallery_person_count(NULL) == 0);
    CHECK(fs_gallery_photo_count(NULL) == 0);
    fs_image_destroy(image);
  }
}

static void people(const fs_embedder *embedder) {
  fs_gallery *gallery = NULL;
  fs_gallery_identity match = {.size = sizeof match};
  fs_verdict verdict;
  TEST("a gallery is made for an embedder") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_create(NULL, embedder));
    REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    CHECK(fs_gallery_person_count(gallery) == 0 && fs_gallery_photo_count(gallery) == 0);
  }
  TEST("an empty gallery knows nobody") {
    memset(&match, 0x5e, sizeof match);
    match.size = sizeof match;
    REQUIRE_OK(fs_gallery_identify(gallery, axis(0, 1), DIMENSION, NULL, &match));
    CHECK(match.known == 0 && isinf(match.distance) && match.distance > 0 && !match.name[0] && !match.nearest[0]);
    CHECK_NEAR(match.threshold, fs_embedder_threshold(embedder), 0);
    fs_gallery_identity found = {.size = sizeof found};
    REQUIRE_OK(fs_gallery_identify(gallery, axis(0, 1), DIMENSION, NULL, &found));
    CHECK(!found.known && !found.ambiguous && isinf(found.distance) && isinf(found.margin) && found.photo == UINT64_MAX);
    CHECK(!found.name[0] && !found.nearest[0] && !found.runner_up[0]);
    CHECK_REFUSED(FS_NOT_FOUND, verdict, fs_gallery_verify(gallery, "ada", axis(0, 1), DIMENSION, 0.6f, &verdict));
    CHECK_STATUS(FS_NOT_FOUND, fs_gallery_remove(gallery, "ada"));
  }
  TEST("people have several photos each") {
    CHECK_OK(fs_gallery_add(gallery, "ada", axis(0, 1), DIMENSION));
    CHECK_OK(fs_gallery_add(gallery, "ada", axis(1, 1), DIMENSION));
    CHECK_OK(fs_gallery_add(gallery, "bob", axis(2, 1), DIMENSION));
    CHECK(fs_gallery_person_count(gallery) == 2 && fs_gallery_photo_count(gallery) == 3);
  }
  TEST("the nearest photo of the nearest person decides") {
    REQUIRE_OK(fs_gallery_identify(gallery, axis(1, 1.25f), DIMENSION, NULL, &match));
    CHECK(match.known == 1 && strcmp(match.name, "ada") == 0 && strcmp(match.nearest, "ada") == 0);
    CHECK_NEAR(match.distance, 0.25, 1e-5);
    REQUIRE_OK(fs_gallery_identify(gallery, axis(2, 1.5f), DIMENSION, within(0.5f), &match)); /* the threshold is included */
    CHECK(match.known == 1 && strcmp(match.name, "bob") == 0 && match.threshold == 0.5f);
  }
  TEST("a stranger is told apart, and the nearest person is named all the same") {
    REQUIRE_OK(fs_gallery_identify(gallery, axis(2, 3), DIMENSION, NULL, &match));
    CHECK(match.known == 0 && !match.name[0] && strcmp(match.nearest, "bob") == 0); /* a stranger has no name */
    CHECK_NEAR(match.distance, 2, 1e-5);
    REQUIRE_OK(fs_gallery_identify(gallery, axis(2, 3), DIMENSION, within(2.5f), &match));
    CHECK(match.known == 1);
  }
  TEST("a rule tells how several photos count, and who comes next") {
    fs_identify_options options;
    fs_gallery_identity found = {.size = sizeof found};
    REQUIRE_OK(fs_identify_options_init(&options, sizeof options));
    CHECK(options.threshold == FS_DEFAULT_THRESHOLD);
    float probe[DIMENSION] = {0};
    probe[1] = 1, probe[2] = 0.5f; /* ada: sqrt(2.25) and 0.5; bob: sqrt(1.25) */
    REQUIRE_OK(fs_gallery_identify(gallery, probe, DIMENSION, NULL, &found));
    CHECK(found.known == 1 && !found.ambiguous && strcmp(found.name, "ada") == 0 && strcmp(found.runner_up, "bob") == 0);
    CHECK(strcmp(found.nearest, "ada") == 0);
    CHECK_NEAR(found.distance, 0.5, 1e-6);
    CHECK_NEAR(found.runner_up_distance, sqrt(1.25), 1e-6);
    CHECK_NEAR(found.margin, sqrt(1.25) - 0.5, 1e-6);
    CHECK(found.threshold == fs_embedder_threshold(embedder) && found.votes == 0 && found.photo == 1);
    options.rule = FS_RULE_MEAN; /* 1 */
    REQUIRE_OK(fs_gallery_identify(gallery, probe, DIMENSION, &options, &found));
    CHECK_NEAR(found.distance, 1, 1e-6);
    options.rule = FS_RULE_TEMPLATE; /* (1, 1) made 1 long */
    REQUIRE_OK(fs_gallery_identify(gallery, probe, DIMENSION, &options, &found));
    CHECK_NEAR(found.distance, sqrt(0.5 + (1 - sqrt(0.5)) * (1 - sqrt(0.5)) + 0.25), 1e-6);
    options.rule = FS_RULE_VOTE, options.neighbours = 3;
    REQUIRE_OK(fs_gallery_identify(gallery, probe, DIMENSION, &options, &found));
    CHECK(found.votes == 2 && strcmp(found.name, "ada") == 0);
    options.margin = 1; /* more than there is */
    REQUIRE_OK(fs_gallery_identify(gallery, probe, DIMENSION, &options, &found));
    CHECK(found.known == 0 && found.ambiguous == 1 && !found.name[0] && strcmp(found.nearest, "ada") == 0);
    options.kind = FS_DISTANCE_SQUARED, options.rule = FS_RULE_NEAREST, options.margin = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_gallery_identify(gallery, probe, DIMENSION, &options, &found));
    options.threshold = 0.25f; /* the model's own is of Euclidean distances */
    REQUIRE_OK(fs_gallery_identify(gallery, probe, DIMENSION, &options, &found));
    CHECK(found.known == 1 && found.distance == 0.25f);
  }
  TEST("hostile identification by a rule is refused") {
    fs_identify_options options;
    fs_gallery_identity found = {.size = sizeof found};
    const float *probe = axis(0, 1);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_gallery_identify(NULL, probe, DIMENSION, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_gallery_identify(gallery, NULL, DIMENSION, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_gallery_identify(gallery, probe, DIMENSION - 1, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_gallery_identify(gallery, probe, SIZE_MAX, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_gallery_identify(gallery, axis(0, NAN), DIMENSION, NULL, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_identify(gallery, probe, DIMENSION, NULL, NULL));
#define REFUSE(change)                                              \
  CHECK_OK(fs_identify_options_init(&options, sizeof options));     \
  change;                                                           \
  CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_gallery_identify(gallery, probe, DIMENSION, &options, &found))
    REFUSE(options.size = 3);
    REFUSE(options.rule = (fs_rule)4);
    REFUSE(options.kind = (fs_distance_kind)-1);
    REFUSE((options.kind = FS_DISTANCE_CHI_SQUARE_HEAD, options.threshold = 1));
    REFUSE(options.threshold = NAN);
    REFUSE(options.threshold = -2);
    REFUSE(options.margin = -1);
    REFUSE(options.neighbours = 0);
#undef REFUSE
  }
  TEST("verifying asks about one person, by the nearest of the person's photos") {
    REQUIRE_OK(fs_gallery_verify(gallery, "ada", axis(1, 1.5f), DIMENSION, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(verdict.same == 1);
    CHECK_NEAR(verdict.distance, 0.5, 1e-5);
    REQUIRE_OK(fs_gallery_verify(gallery, "bob", axis(1, 1), DIMENSION, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(verdict.same == 0);
    CHECK_NEAR(verdict.distance, sqrt(2), 1e-5);
    CHECK_REFUSED(FS_NOT_FOUND, verdict, fs_gallery_verify(gallery, "eve", axis(1, 1), DIMENSION, 0.6f, &verdict));
    CHECK_REFUSED(FS_NOT_FOUND, verdict, fs_gallery_verify(gallery, "ad", axis(1, 1), DIMENSION, 0.6f, &verdict));
  }
  TEST("a removed person is gone with all photos") {
    CHECK_OK(fs_gallery_remove(gallery, "ada"));
    CHECK(fs_gallery_person_count(gallery) == 1 && fs_gallery_photo_count(gallery) == 1);
    CHECK_STATUS(FS_NOT_FOUND, fs_gallery_remove(gallery, "ada"));
    REQUIRE_OK(fs_gallery_identify(gallery, axis(0, 1), DIMENSION, NULL, &match));
    CHECK(match.known == 0 && strcmp(match.nearest, "bob") == 0);
    CHECK_OK(fs_gallery_add(gallery, "ada", axis(0, 1), DIMENSION));
    CHECK(fs_gallery_person_count(gallery) == 2);
  }
  TEST("the embedding that was given may be changed afterwards") {
    float vector[DIMENSION] = {0};
    vector[9] = 1;
    CHECK_OK(fs_gallery_add(gallery, "eve", vector, DIMENSION));
    memset(vector, 0, sizeof vector);
    REQUIRE_OK(fs_gallery_identify(gallery, axis(9, 1), DIMENSION, NULL, &match));
    CHECK(strcmp(match.name, "eve") == 0 && match.distance == 0);
  }
  TEST("names are 1 to 255 bytes") {
    char name[300];
    memset(name, 'n', sizeof name);
    name[256] = 0;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add(gallery, name, axis(5, 1), DIMENSION));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add(gallery, "", axis(5, 1), DIMENSION));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add(gallery, NULL, axis(5, 1), DIMENSION));
    name[255] = 0;
    CHECK_OK(fs_gallery_add(gallery, name, axis(5, 1), DIMENSION));
    REQUIRE_OK(fs_gallery_identify(gallery, axis(5, 1), DIMENSION, NULL, &match));
    CHECK(strcmp(match.name, name) == 0);
    CHECK_OK(fs_gallery_remove(gallery, name));
    CHECK_STATUS(TEST_ANY_FAILURE, fs_gallery_remove(gallery, ""));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_remove(gallery, NULL));
  }
  TEST("names are UTF-8, kept and compared in normalization form C") {
    const char *composed = "Zo\xc3\xab \xe6\x9d\x8e \xf0\x9f\x98\x80", *decomposed = "Zoe\xcc\x88 \xe6\x9d\x8e \xf0\x9f\x98\x80";
    CHECK_OK(fs_gallery_add(gallery, composed, axis(6, 1), DIMENSION));
    REQUIRE_OK(fs_gallery_verify(gallery, decomposed, axis(6, 1), DIMENSION, 0.6f, &verdict));
    CHECK(verdict.same == 1);
    REQUIRE_OK(fs_gallery_identify(gallery, axis(6, 1), DIMENSION, NULL, &match));
    CHECK(strcmp(match.name, composed) == 0);
    CHECK_OK(fs_gallery_remove(gallery, composed));
  }
  TEST("a name that is no UTF-8 is refused, or comes back as it was") {
    const char *name = "\xff\xfe\x80";
    fs_status status = fs_gallery_add(gallery, name, axis(7, 1), DIMENSION);
    CHECK_STATUS(TEST_ANY_STATUS, status);
    if (status == FS_OK) {
      REQUIRE_OK(fs_gallery_identify(gallery, axis(7, 1), DIMENSION, NULL, &match));
      CHECK(strcmp(match.name, name) == 0);
      CHECK_OK(fs_gallery_remove(gallery, name));
    }
  }
  size_t before = fs_gallery_photo_count(gallery);
  TEST("adding refuses NULL, other dimensions and numbers that are none") {
    float vector[DIMENSION] = {0};
    const float values[3] = {NAN, INFINITY, -INFINITY};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add(gallery, "x", NULL, DIMENSION));
    static const size_t sizes[] = {0, 1, DIMENSION - 1, DIMENSION + 1, SIZE_MAX, SIZE_MAX / 4 + DIMENSION};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
      CHECK_STATUS(TEST_ANY_FAILURE, fs_gallery_add(gallery, "x", vector, sizes[i]));
    for (int i = 0; i < 3; i++) {
      vector[DIMENSION - 1] = values[i];
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add(gallery, "x", vector, DIMENSION));
    }
    CHECK(fs_gallery_photo_count(gallery) == before);
  }
  TEST("searching refuses NULL, other dimensions, numbers that are none and thresholds that are none") {
    float none[DIMENSION] = {0};
    none[3] = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, match, fs_gallery_identify(gallery, NULL, DIMENSION, within(0.6f), &match));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_identify(gallery, axis(0, 1), DIMENSION, within(0.6f), NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, match, fs_gallery_identify(gallery, none, DIMENSION, within(0.6f), &match));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_gallery_verify(gallery, NULL, axis(0, 1), DIMENSION, 0.6f, &verdict));
    CHECK_REFUSED(TEST_ANY_FAILURE, verdict, fs_gallery_verify(gallery, "", axis(0, 1), DIMENSION, 0.6f, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_gallery_verify(gallery, "ada", NULL, DIMENSION, 0.6f, &verdict));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_verify(gallery, "ada", axis(0, 1), DIMENSION, 0.6f, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_gallery_verify(gallery, "ada", none, DIMENSION, 0.6f, &verdict));
    static const size_t sizes[] = {0, 1, DIMENSION - 1, DIMENSION + 1, SIZE_MAX};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      CHECK_REFUSED(TEST_ANY_FAILURE, match, fs_gallery_identify(gallery, axis(0, 1), sizes[i], within(0.6f), &match));
      CHECK_REFUSED(TEST_ANY_FAILURE, verdict, fs_gallery_verify(gallery, "ada", axis(0, 1), sizes[i], 0.6f, &verdict));
    }
    const float thresholds[] = {NAN, -0.5f, -2, -INFINITY};
    for (int i = 0; i < 4; i++) {
      CHECK_REFUSED(FS_INVALID_ARGUMENT, match, fs_gallery_identify(gallery, axis(0, 1), DIMENSION, within(thresholds[i]), &match));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_gallery_verify(gallery, "ada", axis(0, 1), DIMENSION, thresholds[i], &verdict));
    }
    CHECK_STATUS(TEST_ANY_STATUS, fs_gallery_identify(gallery, axis(0, 1), DIMENSION, within(INFINITY), &match));
    CHECK_STATUS(TEST_ANY_STATUS, fs_gallery_identify(gallery, axis(0, FLT_MAX), DIMENSION, within(0.6f), &match));
  }
  TEST("many people are each found again") {
    fs_gallery *crowd = NULL;
    REQUIRE_OK(fs_gallery_create(&crowd, embedder));
    int number = quick() ? 50 : 2000;
    float vector[DIMENSION];
    char name[32];
    bool sound = true;
    for (int pass = 0; pass < 2; pass++)
      for (int i = 0; i < number; i++) {
        for (int k = 0; k < DIMENSION; k++) vector[k] = (float)sin(0.37 * (i + 1) * (k + 1));
        snprintf(name, sizeof name, "person %d", i);
        if (pass == 0) sound = sound && fs_gallery_add(crowd, name, vector, DIMENSION) == FS_OK;
        else
          sound = sound && fs_gallery_identify(crowd, vector, DIMENSION, within(0.6f), &match) == FS_OK && match.known == 1 &&
                  strcmp(match.name, name) == 0;
      }
    CHECK(sound);
    CHECK(fs_gallery_person_count(crowd) == (size_t)number);
    fs_gallery_destroy(crowd);
  }
  fs_gallery_destroy(gallery);
}

static void search(const fs_embedder *embedder) {
  fs_gallery *gallery = NULL;
  fs_neighbour near[12];
  size_t found = 9;
  TEST("a search of an empty gallery finds nothing") {
    REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    memset(near, 0x5e, sizeof near);
    REQUIRE_OK(fs_gallery_search(gallery, axis(0, 1), 1, DIMENSION, 2, near, 2, &found));
    CHECK(found == 0);
    for (int i = 0; i < 2; i++) CHECK(isinf(near[i].distance) && near[i].photo == UINT64_MAX && near[i].name[0] == 0);
    CHECK(test_untouched(near + 2, sizeof near[0]));
  }
  TEST("a search finds the nearest photos of all people, the nearest first") {
    CHECK_OK(fs_gallery_add(gallery, "ada", axis(0, 1), DIMENSION));
    CHECK_OK(fs_gallery_add(gallery, "bob", axis(0, 4), DIMENSION));
    CHECK_OK(fs_gallery_add(gallery, "ada", axis(0, 2), DIMENSION));
    CHECK_OK(fs_gallery_add(gallery, "eve", axis(0, 9), DIMENSION));
    REQUIRE_OK(fs_gallery_search(gallery, axis(0, 3.5f), 1, DIMENSION, 3, near, 3, &found));
    CHECK(found == 3);
    CHECK(near[0].photo == 1 && near[0].distance == 0.5f && strcmp(near[0].name, "bob") == 0);
    CHECK(near[1].photo == 2 && near[1].distance == 1.5f && strcmp(near[1].name, "ada") == 0);
    CHECK(near[2].photo == 0 && near[2].distance == 2.5f && strcmp(near[2].name, "ada") == 0);
  }
  TEST("of equally near photos the one added first comes first") {
    REQUIRE_OK(fs_gallery_search(gallery, axis(0, 3), 1, DIMENSION, 2, near, 2, NULL));
    CHECK(near[0].photo == 1 && near[1].photo == 2 && near[0].distance == near[1].distance);
  }
  TEST("many embeddings are searched as each alone, with what is missing marked") {
    enum { COUNT = 70, K = 6 };
    float vectors[COUNT * DIMENSION];
    fs_neighbour *all = calloc(COUNT * K, sizeof *all);
    bool sound = all != NULL;
    for (int i = 0; i < COUNT * DIMENSION; i++) vectors[i] = (float)(i % DIMENSION ? 0.01 * sin(i) : 0.15 * i / DIMENSION);
    sound = sound && fs_gallery_search(gallery, vectors, COUNT, DIMENSION, K, all, COUNT * K, &found) == FS_OK && found == 4;
    for (int i = 0; sound && i < COUNT; i++) {
      sound = fs_gallery_search(gallery, vectors + i * DIMENSION, 1, DIMENSION, K, near, K, &found) == FS_OK && found == 4 &&
              memcmp(near, all + i * K, K * sizeof *near) == 0 && isinf(near[5].distance) && near[5].name[0] == 0;
    }
    CHECK(sound);
    free(all);
  }
  TEST("a photo keeps its number when others are removed") {
    CHECK_OK(fs_gallery_remove(gallery, "bob"));
    CHECK_OK(fs_gallery_add(gallery, "bob", axis(0, 5), DIMENSION));
    REQUIRE_OK(fs_gallery_search(gallery, axis(0, 9), 1, DIMENSION, 2, near, 2, &found));
    CHECK(near[0].photo == 3 && strcmp(near[0].name, "eve") == 0);
    CHECK(near[1].photo == 4 && strcmp(near[1].name, "bob") == 0);
  }
  TEST("no embeddings are no work") {
    memset(near, 0x5e, sizeof near);
    CHECK_OK(fs_gallery_search(gallery, NULL, 0, DIMENSION, 3, NULL, 0, &found));
    CHECK(found == 3);
  }
  TEST("a search refuses NULL, impossible sizes and numbers that are none") {
    static const size_t huge[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 2 + 2, SIZE_MAX / DIMENSION + 1, (size_t)1 << 40};
    float none[DIMENSION] = {0};
    none[77] = INFINITY;
    memset(near, 0x5e, sizeof near);
    found = 7;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, NULL, 1, DIMENSION, 1, near, 1, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, axis(0, 1), 1, DIMENSION, 1, NULL, 1, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, axis(0, 1), 1, DIMENSION, 0, near, 1, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, axis(0, 1), 1, DIMENSION, 3, near, 2, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, axis(0, 1), 1, DIMENSION, 1, near, 0, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, none, 1, DIMENSION, 1, near, 1, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, axis(0, 1), 1, 0, 1, near, 1, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, axis(0, 1), 0, DIMENSION - 1, 1, near, 1, &found));
    for (unsigned i = 0; i < sizeof huge / sizeof *huge; i++) {
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, axis(0, 1), huge[i], DIMENSION, 1, near, 12, &found));
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, axis(0, 1), 1, huge[i], 1, near, 12, &found));
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, axis(0, 1), 1, DIMENSION, huge[i], near, 12, &found));
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, axis(0, 1), huge[i], DIMENSION, huge[i], near, 12, &found));
    }
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, axis(0, 1), 1, DIMENSION, 1, near, SIZE_MAX, &found));
    CHECK(found == 7 && test_untouched(near, sizeof near));
  }
  TEST("numbers whose squares overflow are as far as they are") {
    CHECK_OK(fs_gallery_add(gallery, "far", axis(1, FLT_MAX), DIMENSION));
    REQUIRE_OK(fs_gallery_search(gallery, axis(0, 9), 1, DIMENSION, 6, near, 6, &found));
    CHECK(found == 5 && near[4].photo == 5 && near[4].distance == FLT_MAX && strcmp(near[4].name, "far") == 0);
    CHECK(isinf(near[5].distance) && near[5].photo == UINT64_MAX);
  }
  fs_gallery_destroy(gallery);
}

static void photos(const fs_embedder *embedder, const fs_detector *detector) {
  fs_gallery *gallery = NULL;
  fs_gallery_identity match = {.size = sizeof match};
  fs_verdict verdict;
  fs_image *grey = plain(60, 60, 128, 128, 128);
  TEST("a photo without a face adds nobody") {
    REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    CHECK_STATUS(FS_NO_FACE, fs_gallery_add_photo(gallery, embedder, detector, "grey", grey));
    CHECK(fs_gallery_person_count(gallery) == 0);
    CHECK_REFUSED(FS_NO_FACE, match, fs_gallery_identify_photo(gallery, embedder, detector, grey, within(0.6f), &match));
    fs_gallery_identity found = {.size = sizeof found};
    CHECK_REFUSED(FS_NO_FACE, found, fs_gallery_identify_photo(gallery, embedder, detector, grey, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_gallery_identify_photo(gallery, embedder, detector, NULL, NULL, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_identify_photo(gallery, embedder, detector, grey, NULL, NULL));
  }
  TEST("the calls with photos refuse NULL and thresholds that are none") {
    CHECK_OK(fs_gallery_add(gallery, "ada", axis(0, 1), DIMENSION));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add_photo(gallery, NULL, detector, "x", grey));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add_photo(gallery, embedder, NULL, "x", grey));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add_photo(gallery, embedder, detector, NULL, grey));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add_photo(gallery, embedder, detector, "", grey));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_add_photo(gallery, embedder, detector, "x", NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_gallery_verify_photo(gallery, NULL, detector, "ada", grey, 0.6f, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_gallery_verify_photo(gallery, embedder, NULL, "ada", grey, 0.6f, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_gallery_verify_photo(gallery, embedder, detector, NULL, grey, 0.6f, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_gallery_verify_photo(gallery, embedder, detector, "ada", NULL, 0.6f, &verdict));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_verify_photo(gallery, embedder, detector, "ada", grey, 0.6f, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_gallery_verify_photo(gallery, embedder, detector, "ada", grey, NAN, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, match, fs_gallery_identify_photo(gallery, NULL, detector, grey, within(0.6f), &match));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, match, fs_gallery_identify_photo(gallery, embedder, NULL, grey, within(0.6f), &match));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, match, fs_gallery_identify_photo(gallery, embedder, detector, NULL, within(0.6f), &match));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gallery_identify_photo(gallery, embedder, detector, grey, within(0.6f), NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, match, fs_gallery_identify_photo(gallery, embedder, detector, grey, within(-3), &match));
    CHECK(fs_gallery_photo_count(gallery) == 1);
    CHECK_OK(fs_gallery_remove(gallery, "ada"));
  }
  TEST("an embedder of another model is refused") {
    if (quick()) SKIP("a second face network, in quick runs");
    size_t count;
    uint8_t *bytes = read_file(model_path("dlib-resnet.safetensors"), &count);
    fs_model *model = NULL;
    fs_embedder *other = NULL;
    fs_image *image = photo("obama.jpg", 320);
    bytes[count - 4] ^= 1; /* the lowest bit of one weight makes it another model */
    CHECK_OK(fs_model_load(&model, bytes, count));
    CHECK_OK(fs_embedder_create(&other, model));
    CHECK_STATUS(FS_WRONG_MODEL, fs_gallery_add_photo(gallery, other, detector, "x", image ? image : grey));
    CHECK_REFUSED(FS_WRONG_MODEL, match, fs_gallery_identify_photo(gallery, other, detector, image ? image : grey, within(0.6f), &match));
    CHECK_OK(fs_gallery_add(gallery, "ada", axis(0, 1), DIMENSION));
    CHECK_REFUSED(FS_WRONG_MODEL, verdict,
                  fs_gallery_verify_photo(gallery, other, detector, "ada", image ? image : grey, 0.6f, &verdict));
    CHECK_OK(fs_gallery_remove(gallery, "ada"));
    free(bytes);
    fs_image_destroy(image);
    fs_embedder_destroy(other), fs_model_destroy(model);
  }
  if (quick()) test_skip_group("real photos, in quick runs");
  else if (have(photo_path("obama.jpg"), "real photos")) {
    static const char *const files[4] = {"obama.jpg", "obama2.jpg", "obama3.jpg", "biden.jpg"};
    fs_image *image[4];
    for (int i = 0; i < 4; i++) image[i] = photo(files[i], 640);
    TEST("a person is found again in another photo, another person is a stranger") {
      REQUIRE_OK(fs_gallery_add_photo(gallery, embedder, detector, "obama", image[0]));
      REQUIRE_OK(fs_gallery_add_photo(gallery, embedder, detector, "obama", image[1]));
      CHECK(fs_gallery_person_count(gallery) == 1 && fs_gallery_photo_count(gallery) == 2);
      REQUIRE_OK(fs_gallery_identify_photo(gallery, embedder, detector, image[2], NULL, &match));
      CHECK(match.known == 1 && strcmp(match.name, "obama") == 0);
      REQUIRE_OK(fs_gallery_identify_photo(gallery, embedder, detector, image[3], NULL, &match));
      CHECK(match.known == 0 && !match.name[0] && strcmp(match.nearest, "obama") == 0 && match.distance > match.threshold);
      REQUIRE_OK(fs_gallery_add_photo(gallery, embedder, detector, "biden", image[3]));
      REQUIRE_OK(fs_gallery_identify_photo(gallery, embedder, detector, image[3], NULL, &match));
      CHECK(match.known == 1 && strcmp(match.name, "biden") == 0 && match.distance < 1e-5f);
      fs_gallery_identity found = {.size = sizeof found};
      REQUIRE_OK(fs_gallery_identify_photo(gallery, embedder, detector, image[2], NULL, &found));
      CHECK(found.known == 1 && strcmp(found.name, "obama") == 0 && strcmp(found.runner_up, "biden") == 0);
      REQUIRE_OK(fs_gallery_verify_photo(gallery, embedder, detector, "obama", image[2], FS_DEFAULT_THRESHOLD, &verdict));
      CHECK(verdict.same == 1);
      REQUIRE_OK(fs_gallery_verify_photo(gallery, embedder, detector, "biden", image[2], FS_DEFAULT_THRESHOLD, &verdict));
      CHECK(verdict.same == 0);
      CHECK_REFUSED(FS_NOT_FOUND, verdict,
                    fs_gallery_verify_photo(gallery, embedder, detector, "nobody", image[2], 0.6f, &verdict));
    }
    for (int i = 0; i < 4; i++) fs_image_destroy(image[i]);
  }
  fs_image_destroy(grey);
  fs_gallery_destroy(gallery);
}

int main(void) {
  without_embedder();
  if (have(model_path("dlib-resnet.safetensors"), "galleries") && have(model_path("mtcnn.safetensors"), "galleries")) {
    fs_model *network = open_model("dlib-resnet.safetensors"), *mtcnn = open_model("mtcnn.safetensors");
    fs_embedder *embedder = NULL;
    fs_detector *detector = NULL;
    TEST("embedder and detector are made") {
      CHECK_OK(fs_embedder_create(&embedder, network));
      CHECK_OK(fs_detector_create(&detector, mtcnn, NULL));
    }
    fs_model_destroy(network), fs_model_destroy(mtcnn);
    people(embedder);
    search(embedder);
    photos(embedder, detector);
    fs_embedder_destroy(embedder), fs_detector_destroy(detector);
  }
  return test_end_program();
}
