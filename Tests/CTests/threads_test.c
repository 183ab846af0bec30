/* Threads: shared handles, one last error each, fork, the log, rest. */
#include "support.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>

enum { THREADS = 4 };

/* Runs `body` on THREADS threads, each with its own element of `works`; true if all ran. */
static bool together(void *(*body)(void *), void *works, size_t size) {
  pthread_t threads[THREADS];
  bool all = true;
  int started = 0;
  for (; started < THREADS; started++)
    if (pthread_create(&threads[started], NULL, body, (char *)works + (size_t)started * size) != 0) break;
  all = started == THREADS;
  while (started-- > 0) pthread_join(threads[started], NULL);
  return all;
}

/* Runs in a child, which answers 0 if all is well; a minute without an answer is a failure. The child ends as
 * a shell, so that valgrind does not ask it for what its parent still holds. */
static bool child(int (*body)(void *), void *argument) {
  fflush(stdout);
  pid_t process = fork();
  if (process == 0) {
    alarm(quick() ? 600 : 60);
    bool well = body(argument) == 0;
    execl("/bin/sh", "sh", "-c", well ? "exit 0" : "exit 1", (char *)NULL);
    _exit(2);
  }
  int status = 1;
  bool well = process > 0 && waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!well) printf("  the child ended with %s %d\n", WIFSIGNALED(status) ? "signal" : "status",
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  return well;
}

/* ---- Errors ---- */

struct error_work {
  int number;
  bool sound;
};

static void *fail_in_own_words(void *argument) {
  struct error_work *work = argument;
  work->sound = fs_last_error()[0] == 0; /* a new thread has no error */
  for (int i = 0; i < (quick() ? 20 : 500) && work->sound; i++) {
    char number[32];
    snprintf(number, sizeof number, "%d", 1000 + 7 * work->number);
    work->sound = fs_threads_set((uint32_t)(1000 + 7 * work->number)) == FS_INVALID_ARGUMENT && strstr(fs_last_error(), number);
    if (work->number % 2 == 0 && work->sound) {
      fs_image *image = NULL;
      work->sound = fs_image_open(&image, "/no/such/file.png") == FS_IO && strstr(fs_last_error(), "No such file");
    }
  }
  return NULL;
}

static void errors(void) {
  TEST("each thread has its own last error") {
    struct error_work works[THREADS];
    for (int i = 0; i < THREADS; i++) works[i] = (struct error_work){.number = i + 1, .sound = false};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_threads_set(999));
    CHECK(together(fail_in_own_words, works, sizeof works[0]));
    for (int i = 0; i < THREADS; i++) CHECK(works[i].sound);
    CHECK(strstr(fs_last_error(), "999") != NULL);
  }
}

/* ---- Images ---- */

struct image_work {
  const fs_image *image;
  fs_image *small;
  bool sound;
};

static void *reduce(void *argument) {
  struct image_work *work = argument;
  work->sound = true;
  for (int i = 0; i < (quick() ? 2 : 20) && work->sound; i++) {
    fs_image_destroy(work->small), work->small = NULL;
    work->sound = fs_image_resize(&work->small, work->image, 31, 17, FS_BICUBIC) == FS_OK;
    if (i % 5 == 4) work->sound = work->sound && fs_threads_set((uint32_t)(1 + i % 3)) == FS_OK;
  }
  return NULL;
}

static void images(void) {
  TEST("threads may share an image, while the number of threads changes") {
    fs_image *image = picture(quick() ? 80 : 400, quick() ? 60 : 300, 1), *wanted = NULL;
    REQUIRE_OK(fs_image_resize(&wanted, image, 31, 17, FS_BICUBIC));
    struct image_work works[THREADS];
    for (int i = 0; i < THREADS; i++) works[i] = (struct image_work){.image = image};
    CHECK(together(reduce, works, sizeof works[0]));
    for (int i = 0; i < THREADS; i++) {
      CHECK(works[i].sound && same_picture(works[i].small, wanted));
      fs_image_destroy(works[i].small);
    }
    fs_image_destroy(image), fs_image_destroy(wanted);
    CHECK_OK(fs_threads_set(0));
  }
}

/* ---- Faces ---- */

enum { DIMENSION = 128 };

struct face_work {
  const fs_detector *detector;
  const fs_embedder *embedder;
  const fs_gallery *gallery;
  const fs_image *photo;
  fs_face face;
  float embedding[DIMENSION];
  fs_gallery_identity match;
  fs_status status;
};

static void *recognise(void *argument) {
  struct face_work *work = argument;
  for (int i = 0; i < 2; i++) {
    work->status = fs_embedder_embed_photo(work->embedder, work->detector, work->photo, &work->face, work->embedding, DIMENSION);
    work->match.size = sizeof work->match;
    if (work->status == FS_OK)
      work->status = fs_gallery_identify(work->gallery, work->embedding, DIMENSION, NULL, &work->match);
  }
  return NULL;
}

static int recognise_in_child(void *argument) {
  struct face_work *works = argument;
  works[1] = works[0];
  memset(works[1].embedding, 0, sizeof works[1].embedding);
  recognise(&works[1]);
  return works[1].status != FS_OK || memcmp(works[0].embedding, works[1].embedding, sizeof works[0].embedding) != 0;
}

static void faces(void) {
  if (quick()) {
    test_skip_group("faces on many threads, in quick runs");
    return;
  }
  if (!have(model_path("mtcnn.safetensors"), "faces on many threads") ||
      !have(model_path("dlib-resnet.safetensors"), "faces on many threads") ||
      !have(photo_path("obama.jpg"), "faces on many threads"))
    return;
  fs_model *mtcnn = open_model("mtcnn.safetensors"), *network = open_model("dlib-resnet.safetensors");
  fs_detector *detector = NULL;
  fs_embedder *embedder = NULL;
  fs_gallery *gallery = NULL;
  fs_image *image = photo("obama.jpg", 480);
  struct face_work works[THREADS + 1];
  memset(works, 0, sizeof works);

  TEST("threads share a detector, an embedder and a gallery, and get equal bits") {
    REQUIRE_OK(fs_detector_create(&detector, mtcnn, NULL));
    REQUIRE_OK(fs_embedder_create(&embedder, network));
    REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    REQUIRE_OK(fs_gallery_add_photo(gallery, embedder, detector, "obama", image));
    for (int i = 0; i <= THREADS; i++)
      works[i].detector = detector, works[i].embedder = embedder, works[i].gallery = gallery, works[i].photo = image;
    recognise(&works[0]);
    CHECK(works[0].status == FS_OK && works[0].match.known == 1);
    CHECK(together(recognise, works + 1, sizeof works[0]));
    for (int i = 1; i <= THREADS; i++) {
      CHECK(works[i].status == FS_OK);
      CHECK(memcmp(&works[i].face, &works[0].face, sizeof(fs_face)) == 0);
      CHECK(memcmp(works[i].embedding, works[0].embedding, sizeof works[0].embedding) == 0);
      CHECK(works[i].match.known == 1 && strcmp(works[i].match.name, "obama") == 0);
    }
  }
  TEST("any number of threads gives the same bits") {
    for (uint32_t count = 1; count <= 5; count += 2) {
      CHECK_OK(fs_threads_set(count));
      recognise(&works[1]);
      CHECK(works[1].status == FS_OK && memcmp(works[1].embedding, works[0].embedding, sizeof works[0].embedding) == 0);
    }
    CHECK_OK(fs_threads_set(0));
  }
  TEST("a forked child can use its parent's detector and embedder") {
    CHECK_OK(fs_threads_set(2));
    recognise(&works[0]);
    CHECK(child(recognise_in_child, works));
    recognise(&works[1]); /* and the parent works on */
    CHECK(works[1].status == FS_OK);
    CHECK_OK(fs_threads_set(0));
  }
  fs_gallery_destroy(gallery), fs_embedder_destroy(embedder), fs_detector_destroy(detector);
  fs_model_destroy(mtcnn), fs_model_destroy(network);
  fs_image_destroy(image);
}

/* ---- Styles ---- */

struct style_work {
  const fs_model *vgg;
  const fs_image *content, *style;
  fs_image *out;
  fs_status status;
  uint32_t shape[3];
  float features[12 * 8 * 64];
};

/* A styler of its own over the shared model. */
static void *paint(void *argument) {
  static const fs_style_layer shallow[1] = {{"conv1_1", 1}}; /* the deep layers hold nearly all weights */
  struct style_work *work = argument;
  fs_styler *styler = NULL;
  fs_style_options options;
  fs_style_options_init(&options, sizeof options);
  options.steps = quick() ? 1 : 3;
  if (quick()) options.content_layer = "conv1_2", options.style_layers = shallow, options.style_layer_count = 1;
  work->status = fs_styler_create(&styler, work->vgg);
  if (work->status == FS_OK) work->status = fs_styler_run(styler, &work->out, work->content, work->style, &options);
  if (work->status == FS_OK)
    work->status = fs_model_features(work->vgg, work->content, "conv1_1", FS_POOLING_AVERAGE, work->features,
                                     sizeof work->features / sizeof *work->features, work->shape);
  fs_styler_destroy(styler);
  return NULL;
}

static int paint_in_child(void *argument) {
  struct style_work *works = argument;
  works[1].out = NULL;
  paint(&works[1]);
  return works[1].status != FS_OK || !same_picture(works[0].out, works[1].out);
}

static void styles(void) {
  if (!have(model_path("vgg19.safetensors"), "styles on many threads")) return;
  fs_model *vgg = open_model("vgg19.safetensors");
  fs_image *content = picture(12, 8, 1), *style = picture(12, 8, 2);
  static struct style_work works[THREADS + 1];
  for (int i = 0; i <= THREADS; i++) works[i] = (struct style_work){.vgg = vgg, .content = content, .style = style};

  TEST("threads share a model, each with its own styler, and get equal bits") {
    paint(&works[0]);
    CHECK(works[0].status == FS_OK);
    if (quick()) SKIP("styles on many threads, in quick runs");
    CHECK(together(paint, works + 1, sizeof works[0]));
    for (int i = 1; i <= THREADS; i++) {
      CHECK(works[i].status == FS_OK && same_picture(works[i].out, works[0].out));
      CHECK(memcmp(works[i].features, works[0].features, sizeof works[0].features) == 0);
      fs_image_destroy(works[i].out);
    }
  }
  TEST("a forked child can paint with its parent's model") {
    if (emulated()) SKIP("a forked child with threads ends qemu");
    CHECK_OK(fs_threads_set(2));
    CHECK(child(paint_in_child, works));
    CHECK_OK(fs_threads_set(0));
  }
  fs_image_destroy(works[0].out);
  fs_image_destroy(content), fs_image_destroy(style);
  fs_model_destroy(vgg);
}

/* ---- Fork without a model ---- */

static int resize_in_child(void *argument) {
  const fs_image *image = argument;
  fs_image *small = NULL;
  int wrong = fs_threads_set(3) != FS_OK || fs_image_resize(&small, image, 40, 30, FS_AREA) != FS_OK || fs_image_width(small) != 40;
  fs_image_destroy(small);
  wrong |= fs_image_open(&small, "/no/such/file.png") != FS_IO || fs_last_error()[0] == 0;
  return wrong;
}

static void forks(void) {
  TEST("a forked child can call the library, and so can its own child") {
    fs_image *image = picture(160, 120, 1), *small = NULL;
    CHECK_OK(fs_threads_set(2));
    REQUIRE_OK(fs_image_resize(&small, image, 20, 15, FS_AREA)); /* the pool has been at work */
    fs_image_destroy(small);
    CHECK(child(resize_in_child, image));
    REQUIRE_OK(fs_image_resize(&small, image, 20, 15, FS_AREA));
    fs_image_destroy(small), fs_image_destroy(image);
    CHECK_OK(fs_threads_set(0));
  }
}

/* ---- Log ---- */

static atomic_int lines, bad_lines;

static void count_line(fs_log_level level, const char *message, void *user) {
  atomic_fetch_add(&lines, 1);
  if (level > FS_LOG_ERROR || !message || strpbrk(message, "\r\n") || user != &lines) atomic_fetch_add(&bad_lines, 1);
}

static void *set_and_work(void *argument) {
  struct image_work *work = argument;
  for (int i = 0; i < (quick() ? 3 : 50); i++) {
    fs_log_set(i % 2 ? FS_LOG_DEBUG : FS_LOG_WARNING, i % 3 ? count_line : NULL, &lines);
    fs_image *image = NULL;
    if (fs_image_decode(&image, "nothing", 7) != FS_BAD_DATA) return NULL;
  }
  work->sound = true;
  return NULL;
}

static void log_lines(void) {
  TEST("the log callback hears of a model's opening") {
    if (!exists(model_path("mtcnn.safetensors"))) SKIP("mtcnn.safetensors is not there");
    fs_log_set(FS_LOG_DEBUG, count_line, &lines);
    fs_model *model = open_model("mtcnn.safetensors");
    fs_detector *detector = NULL;
    fs_image *image = plain(60, 60, 100, 100, 100);
    size_t count;
    CHECK_OK(fs_detector_create(&detector, model, NULL));
    CHECK_OK(fs_detector_find(detector, image, NULL, 0, &count));
    fs_image_destroy(image), fs_detector_destroy(detector), fs_model_destroy(model);
    fs_log_set(FS_LOG_DEBUG, NULL, NULL);
    CHECK(atomic_load(&lines) > 0);
    CHECK(atomic_load(&bad_lines) == 0);
  }
  TEST("the log may be set on many threads while others work") {
    struct image_work works[THREADS];
    memset(works, 0, sizeof works);
    CHECK(together(set_and_work, works, sizeof works[0]));
    fs_log_set(FS_LOG_DEBUG, NULL, NULL);
    for (int i = 0; i < THREADS; i++) CHECK(works[i].sound);
    CHECK(atomic_load(&bad_lines) == 0);
  }
}

static void rest(void) {
  TEST("idle threads use no processor") {
    if (quick()) SKIP("processor time, in quick runs");
    fs_image *image = picture(300, 200, 1), *small = NULL;
    CHECK_OK(fs_threads_set(2));
    REQUIRE_OK(fs_image_resize(&small, image, 150, 100, FS_AREA));
    fs_image_destroy(small), fs_image_destroy(image);
    struct timespec before, after, nap = {.tv_nsec = 300000000};
    nanosleep(&nap, NULL); /* whatever a pool does before it sleeps */
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    nanosleep(&nap, NULL);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double used = (double)(after.tv_sec - before.tv_sec) + 1e-9 * (double)(after.tv_nsec - before.tv_nsec);
    CHECK(used < 0.02);
    CHECK_OK(fs_threads_set(0));
  }
}

int main(void) {
  errors();
  images();
  faces();
  styles();
  forks();
  log_lines();
  rest();
  return test_end_program();
}
