/* Files and threads that the system refuses, and a process that is gone between two of its calls: what was there before is
 * intact, or what is new is complete. */
#include "faults.h"
#include "scenes.h"

#include <errno.h>
#include <sys/wait.h>

static long injected, refused, survived, ended;

/* ---- Every scene, with each of its requests refused ---- */

static const struct { const char *name; fault fault; } refusals[] = {
    {"open: too many files", {.kinds = FAULT_OPEN, .error = EMFILE}},
    {"open: too many files, from then on", {.kinds = FAULT_OPEN, .error = EMFILE, .lasts = true}},
    {"read: an error of the disk", {.kinds = FAULT_READ, .error = EIO}},
    {"read: interrupted", {.kinds = FAULT_READ, .error = EINTR}},
    {"read: a part", {.kinds = FAULT_READ, .effect = FAULT_SHORT}},
    {"write: a full disk", {.kinds = FAULT_WRITE, .error = ENOSPC, .lasts = true}},
    {"write: an error of the disk", {.kinds = FAULT_WRITE, .error = EIO}},
    {"write: interrupted", {.kinds = FAULT_WRITE, .error = EINTR}},
    {"write: a part", {.kinds = FAULT_WRITE, .effect = FAULT_SHORT}},
    {"write: a part, then a full disk", {.kinds = FAULT_WRITE, .effect = FAULT_SHORT, .error = ENOSPC}},
    {"sync: an error of the disk", {.kinds = FAULT_SYNC, .error = EIO}},
    {"sync: interrupted", {.kinds = FAULT_SYNC, .error = EINTR}},
    {"rename: an error of the disk", {.kinds = FAULT_RENAME, .error = EIO}},
    {"truncate: an error of the disk", {.kinds = FAULT_TRUNCATE, .error = EIO}},
    {"remove: an error of the disk", {.kinds = FAULT_REMOVE, .error = EIO}},
};
enum { REFUSALS = sizeof refusals / sizeof *refusals };

/* What is interrupted or done in part is done again. */
static bool must_succeed(const fault *f) { return f->error == EINTR || (f->effect == FAULT_SHORT && f->error == 0); }

/* Entries of the folder but those that SQLite keeps beside a gallery: they are a part of it. */
static int names_left(void) {
  DIR *directory = opendir(scene_folder);
  int count = 0;
  for (const struct dirent *entry; directory && (entry = readdir(directory));) {
    const char *end = strrchr(entry->d_name, '-');
    if (!end || (strcmp(end, "-wal") && strcmp(end, "-shm"))) count++;
  }
  if (directory) closedir(directory);
  return count;
}

static int open_files(void) { return entries("/proc/self/fd"); }

/* SQLite takes a part of its file that the disk does not give for a damaged one, and an interrupted fsync for a broken disk. */
static bool is_taken_for_more(const scene *s, fs_status status, const fault *f) {
  if (s->act != keep_people_in_a_file) return false;
  return (status == FS_BAD_DATA && f->kinds == FAULT_READ && f->error == EIO) ||
         (status == FS_IO && f->kinds == FAULT_SYNC && f->error == EINTR);
}

static bool is_told(const scene *s, const char *name, const fault *f, double wanted) {
  double answer = 0;
  char message[400];
  const size_t handles = fs_debug_live_handles();
  const int files = open_files(), names = names_left();
  faults_begin(f);
  const fs_status status = s->act(&answer);
  faults_end();
  injected++;
  if (status == FS_OK) survived++;
  else refused++;
  snprintf(message, sizeof message, "%s: %s, number %ld: %s \"%s\"; %ld handles, %d files, %d names left", s->name, name, f->first,
           fs_status_name(status), fs_last_error(), (long)(fs_debug_live_handles() - handles), open_files() - files,
           names_left() - names);
  bool well = fs_debug_live_handles() == handles && open_files() == files && names_left() == names;
  if (status == FS_OK) well = well && answer == wanted;
  else well = well && fs_last_error()[0] &&
              (is_taken_for_more(s, status, f) || (status == FS_IO && !must_succeed(f)));
  return test_check(well, __FILE__, __LINE__, message);
}

static void refuse(const scene *s) {
  double wanted, answer;
  char sentence[200];
  if (!s->prepare()) {
    s->finish();
    return;
  }
  for (int i = 0; i < 2; i++) s->act(&wanted);
  snprintf(sentence, sizeof sentence, "%s: whatever of files is refused, is told or done again", s->name);
  TEST(sentence) {
    for (int kind = 0; kind < REFUSALS; kind++) {
      fault f = refusals[kind].fault;
      faults_begin(&f);
      const fs_status status = s->act(&answer);
      const long count = faults_end();
      if (!CHECK_OK(status) || !CHECK(answer == wanted)) break;
      for (f.first = 1; f.first <= count; f.first++) {
        is_told(s, refusals[kind].name, &f, wanted);
        answer = 0;
        if (!CHECK_OK(s->act(&answer)) || !CHECK(answer == wanted)) break;
      }
    }
  }
  s->finish();
}

/* ---- Files that are written ---- */

typedef struct writer {
  const char *name, *file;
  bool (*prepare)(void);
  fs_status (*write)(int version); /* 0 or 1 */
  void (*finish)(void);
} writer;

static fs_style_job *jobs[2];
static fs_trainer *trainers[2];
static fs_gallery *galleries[2];

static fs_status write_model(int version) {
  return fs_model_save(model, file_in("written.safetensors"), version ? FS_FLOAT16 : FS_FLOAT32, NULL);
}
static fs_status write_png(int version) { return fs_image_write(version ? image : other, file_in("written.png")); }
static fs_status write_jpeg(int version) { return fs_image_write(version ? image : other, file_in("written.jpg")); }

static bool have_galleries(void) {
  return have_an_embedder() && fs_gallery_create(&galleries[0], embedder) == FS_OK && fill(galleries[0]) == FS_OK &&
         fs_gallery_create(&galleries[1], embedder) == FS_OK && fs_gallery_add(galleries[1], "Rosa", vector_of(PEOPLE), DIMENSION) == FS_OK;
}
static fs_status write_export(int version) { return fs_gallery_export(galleries[version], file_in("written.csv")); }

static bool have_jobs(void) {
  if (!have_a_styler()) return false;
  const fs_image *styles[1] = {other};
  const fs_style_options options = shallow();
  fs_style_progress progress = {.size = sizeof progress};
  for (int i = 0; i < 2; i++)
    if (fs_style_job_create(&jobs[i], styler, image, styles, NULL, 1, &options) != FS_OK) return false;
  return fs_style_job_step(jobs[1], 1, &progress) == FS_OK;
}
static fs_status write_painting(int version) { return fs_style_job_save(jobs[version], file_in("written.painting")); }

static bool have_trainers(void) {
  double answer;
  if (!have_a_trainer()) return false;
  trainers[0] = trainer, trainer = NULL;
  if (!have_a_trainer() || train(&answer) != FS_OK) return false;
  trainers[1] = trainer, trainer = NULL;
  return true;
}
static fs_status write_training(int version) { return fs_trainer_save(trainers[version], file_in("written.training")); }
static fs_status write_trained(int version) {
  return fs_trainer_save_model(trainers[version], file_in("written.trained"), FS_FLOAT32, 1, NULL);
}

static void finish_writers(void) {
  for (int i = 0; i < 2; i++) {
    fs_style_job_destroy(jobs[i]), fs_trainer_destroy(trainers[i]), fs_gallery_destroy(galleries[i]);
    jobs[i] = NULL, trainers[i] = NULL, galleries[i] = NULL;
  }
  finish_all();
}

static const writer writers[] = {
    {"a model", "written.safetensors", have_a_small_model, write_model, finish_writers},
    {"a PNG", "written.png", have_a_picture, write_png, finish_writers},
    {"a JPEG", "written.jpg", have_a_picture, write_jpeg, finish_writers},
    {"an export", "written.csv", have_galleries, write_export, finish_writers},
    {"a checkpoint of a painting", "written.painting", have_jobs, write_painting, finish_writers},
    {"a checkpoint of a training", "written.training", have_trainers, write_training, finish_writers},
    {"a trained model", "written.trained", have_trainers, write_trained, finish_writers},
};

typedef struct content { uint8_t *bytes; size_t count; } content;

static content content_of(const char *name) {
  content found;
  found.bytes = read_file(file_in(name), &found.count);
  return found;
}
static bool is_content(const char *name, content wanted) {
  content found = content_of(name);
  const bool same = found.bytes && found.count == wanted.count && memcmp(found.bytes, wanted.bytes, wanted.count) == 0;
  return free(found.bytes), same;
}

enum { FILE_KINDS = FAULT_OPEN | FAULT_WRITE | FAULT_SYNC | FAULT_RENAME | FAULT_TRUNCATE | FAULT_REMOVE };

/* In a child that is gone at a request; *met: whether it came to it. */
static bool in_child(void (*body)(int), int argument, const fault *f, bool *met) {
  int status = 1;
  fflush(stdout);
  const pid_t process = fork();
  if (process == 0) {
    faults_begin(f);
    body(argument);
    faults_end();
    _exit(faults_met() > 0 ? 2 : 1);
  }
  const bool is_over = process > 0 && waitpid(process, &status, 0) == process && WIFEXITED(status);
  *met = is_over && WEXITSTATUS(status) == 0;
  return is_over && WEXITSTATUS(status) < 2;
}

static const writer *current;
static void write_new(int unused) {
  (void)unused;
  current->write(1);
}

static void keep_whole(const writer *w) {
  char sentence[200];
  if (!w->prepare()) {
    w->finish();
    return;
  }
  current = w;
  snprintf(sentence, sizeof sentence, "%s: what was there is intact when the new one is refused, and the reason names it", w->name);
  CHECK_OK(w->write(0));
  content before = content_of(w->file);
  CHECK_OK(w->write(1));
  content after = content_of(w->file);
  TEST(sentence) {
    REQUIRE(before.bytes && after.bytes && !is_content(w->file, before));
    for (int kind = 0; kind < REFUSALS; kind++) {
      fault f = refusals[kind].fault;
      if (!(f.kinds & FILE_KINDS)) continue;
      for (f.first = 1;; f.first++) {
        char message[400];
        if (!CHECK_OK(w->write(0)) || !CHECK(is_content(w->file, before))) break;
        const int names = names_left();
        faults_begin(&f);
        const fs_status status = w->write(1);
        faults_end();
        if (faults_met() == 0) break;
        injected++;
        const bool is_new = is_content(w->file, after), is_old = is_content(w->file, before);
        /* Only where the new name could not be kept for good is the new file there, and told of. */
        const bool is_folder = status == FS_IO && is_new && (f.kinds & (FAULT_SYNC | FAULT_OPEN));
        snprintf(message, sizeof message, "%s: %s, number %ld: %s \"%s\", the file is %s, %d names left", w->name,
                 refusals[kind].name, f.first, fs_status_name(status), fs_last_error(), is_new ? "new" : is_old ? "old" : "neither",
                 names_left() - names);
        test_check(names_left() == names && (status == FS_OK ? is_new : status == FS_IO && strstr(fs_last_error(), w->file) &&
                                                                                     (is_old || is_folder) && !must_succeed(&f)),
                   __FILE__, __LINE__, message);
      }
    }
  }
  snprintf(sentence, sizeof sentence, "%s: a process that is gone at any moment leaves the old file or the new one", w->name);
  TEST(sentence) {
    long seen_old = 0, seen_new = 0;
    for (int torn = 0; torn < 2; torn++) {
      fault f = {.kinds = torn ? FAULT_WRITE : FILE_KINDS, .effect = torn ? FAULT_TEAR : FAULT_DIE};
      for (f.first = 1;; f.first++) {
        bool met;
        if (!CHECK_OK(w->write(0))) break;
        if (!CHECK(in_child(write_new, 0, &f, &met)) || !met) break;
        ended++;
        const bool is_new = is_content(w->file, after), is_old = is_content(w->file, before);
        seen_old += is_old, seen_new += is_new;
        if (!CHECK(is_old != is_new)) break;
      }
    }
    CHECK(seen_old > 2 && seen_new > 0);
  }
  TEST("a new file has its name only when its bytes are on the disk, and then the name is") {
    faults_begin(&(fault){.kinds = FILE_KINDS});
    CHECK_OK(w->write(1));
    faults_end();
    CHECK(faults_early_renames() == 0 && faults_late_names() == 0);
  }
  free(before.bytes), free(after.bytes);
  w->finish();
}

/* ---- A gallery's file ---- */

/* Whether the file has exactly the people of `fill`, or these and Rosa: PEOPLE or PEOPLE + 1; 0 for anything else. */
static int people_in_file(void) {
  fs_gallery *opened = NULL;
  int count = 0;
  if (fs_gallery_open(&opened, file_in("people.gallery"), embedder, NULL) != FS_OK) return 0;
  const size_t photos = fs_gallery_photo_count(opened);
  fs_neighbour nearest;
  size_t found;
  for (int i = 0; i < (int)photos && i <= PEOPLE; i++)
    if (fs_gallery_search(opened, vector_of(i), 1, DIMENSION, 1, &nearest, 1, &found) == FS_OK && nearest.distance == 0) count++;
  fs_gallery_destroy(opened);
  return count == (int)photos && (count == PEOPLE || count == PEOPLE + 1) ? count : 0;
}

static void change_people(int count) {
  fs_gallery *opened = NULL;
  if (fs_gallery_open(&opened, file_in("people.gallery"), embedder, NULL) != FS_OK) return;
  if (count > PEOPLE) fs_gallery_add(opened, "Rosa", vector_of(PEOPLE), DIMENSION);
  else fs_gallery_remove(opened, "Rosa");
  fs_gallery_destroy(opened);
}

static void keep_people_whole(void) {
  static const char *const sentences[2] = {"a gallery that gains a photo", "a gallery that loses one"};
  if (!CHECK(have_a_gallery_file())) return;
  for (int removes = 0; removes < 2; removes++) {
    const int from = PEOPLE + removes, to = PEOPLE + 1 - removes;
    char sentence[160];
    snprintf(sentence, sizeof sentence, "%s: a process that is gone at any moment leaves its people before or after", sentences[removes]);
    TEST(sentence) {
      for (int torn = 0; torn < 2; torn++) {
        fault f = {.kinds = torn ? FAULT_WRITE : FILE_KINDS, .effect = torn ? FAULT_TEAR : FAULT_DIE};
        for (f.first = 1;; f.first++) {
          bool met;
          char message[120];
          if (people_in_file() != from) change_people(from);
          if (!CHECK(people_in_file() == from) || !CHECK(in_child(change_people, to, &f, &met)) || !met) break;
          ended++;
          const int people = people_in_file();
          snprintf(message, sizeof message, "gone at request %ld: %d people; expected %d or %d", f.first, people, from, to);
          if (!test_check(people > 0, __FILE__, __LINE__, message)) break;
        }
      }
    }
  }
  finish_all();
}

/* ---- Threads ---- */

static void refuse_threads(void) {
  TEST("without a thread of its own the library computes the same on the caller's") {
    double wanted = 0, answer = 1;
    REQUIRE(have_an_embedder());
    CHECK_OK(fs_threads_set(4));
    faults_begin(&(fault){.kinds = FAULT_THREAD, .first = 1, .lasts = true});
    CHECK_OK(embed(&answer));
    faults_end();
    CHECK(faults_met() > 0);
    injected += faults_met(), survived++;
    CHECK_OK(embed(&wanted));
    CHECK(answer == wanted);
    finish_all();
  }
  CHECK_OK(fs_threads_set(1));
}

int main(int argc, char **argv) {
  if (!mkdtemp(scene_folder)) return perror(scene_folder), 1;
  const char *part = argc < 2 ? "" : argv[1];
  if (!*part) refuse_threads(); /* first: threads are started once */
  fs_threads_set(1);
  for (unsigned i = 0; i < scene_count; i++)
    if (strstr(scenes[i].name, part)) refuse(&scenes[i]);
  for (unsigned i = 0; i < sizeof writers / sizeof *writers; i++)
    if (strstr(writers[i].name, part)) keep_whole(&writers[i]);
  if (strstr("a gallery", part)) keep_people_whole();
  char command[100];
  snprintf(command, sizeof command, "rm -r %s", scene_folder);
  if (system(command) != 0) printf("  %s failed\n", command);
  printf("  %ld requests refused: %ld were told, %ld done again or not needed; %ld processes gone in the middle\n", injected,
         refused, survived, ended);
  return test_end_program();
}
