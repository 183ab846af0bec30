/* Each request for memory in turn is refused, alone and with all that follow: every call answers FS_NO_MEMORY or succeeds
 * without, keeps nothing, and succeeds the next time.
 *
 * FACESTYLE_FAULTS: how many requests of a kind are refused one by one in each scene, spread evenly if there are more;
 * 0: all. */
#include "faults.h"
#include "scenes.h"

static const struct { int kinds; const char *name; } kinds[] = {
    {FAULT_BLOCKS, "for numbers"}, {FAULT_RUNTIME, "for objects"}, {FAULT_OTHERS, "of other libraries"}};

/* The C library gives a block up to so much more than was asked for, as its neighbours leave it. */
static const long slack = 256;
static long most, injected, refused, survived;

static fs_status undisturbed(const scene *s, double *answer) {
  *answer = 0;
  return s->act(answer);
}

/* What of other libraries is not tested here, or loses blocks; found with those of Debian 12, 2026-11-30. */
static const struct { const char *scene, *reason; long most; } exceptions[] = {
    {"decode a TIFF", "libtiff 4.5.0 follows a pointer that it was refused (TIFFReadDirectory)", 0},
    {"decode a WebP", "libwebp 1.2.4 frees what it was refused", 0},
    {"decode a JPEG", NULL, 1024}, /* libturbojpeg 2.1.5 loses the memory manager of a decoder that it cannot make */
    {"write a PNG and a JPEG", NULL, 1024},
};

static const char *reason_of_skip(const scene *s, int kind) {
  for (unsigned i = 0; kind == FAULT_OTHERS && i < sizeof exceptions / sizeof *exceptions; i++)
    if (!strcmp(s->name, exceptions[i].scene)) return exceptions[i].reason;
  return NULL;
}

static long most_kept(const scene *s, int kind) {
  for (unsigned i = 0; kind == FAULT_OTHERS && i < sizeof exceptions / sizeof *exceptions; i++)
    if (!strcmp(s->name, exceptions[i].scene)) return exceptions[i].most;
  return 0;
}

/* The system does not open a folder for want of memory. */
static bool is_folder(fs_status status) { return status == FS_IO && strstr(fs_last_error(), "Cannot allocate memory"); }

/* One act with a fault; true if all is as it should be. */
static bool is_survived(const scene *s, const fault *f, double wanted) {
  double answer = 0;
  char message[200];
  const size_t handles = fs_debug_live_handles();
  faults_begin(f);
  const fs_status status = s->act(&answer);
  faults_end();
  snprintf(message, sizeof message, "%s: request %ld %s%s", s->name, f->first,
           f->kinds == FAULT_BLOCKS ? kinds[0].name : f->kinds == FAULT_RUNTIME ? kinds[1].name : kinds[2].name,
           f->lasts ? " and all after it" : "");
  /* A dictionary that grows in another order makes a request more or less: the last ones may not come. */
  if (faults_met() == 0) return test_check(status == FS_OK && answer == wanted, __FILE__, __LINE__, message);
  injected++;
  if (status == FS_OK) {
    survived++;
    return test_check(answer == wanted, __FILE__, __LINE__, message);
  }
  refused++;
  const bool is_right = (status == FS_NO_MEMORY || is_folder(status)) && fs_last_error()[0] && fs_debug_live_handles() == handles;
  if (!is_right)
    snprintf(message + strlen(message), sizeof message - strlen(message), ": %s \"%s\", %zu handles left",
             fs_status_name(status), fs_last_error(), fs_debug_live_handles() - handles);
  return test_check(is_right, __FILE__, __LINE__, message);
}

static bool is_lost(long bytes, long blocks, long most_known) {
  const long more = faults_bytes() - bytes;
  return (faults_blocks() != blocks || labs(more) > slack) && !(more > 0 && more <= most_known);
}

static void disturb(const scene *s) {
  double wanted, answer;
  char sentence[160];
  if (!s->prepare()) {
    s->finish();
    return;
  }
  /* What is made once and kept is made, what a failure needs too. */
  for (int i = 0; i < 3; i++) {
    fault first = {.kinds = FAULT_MEMORY, .first = 1};
    undisturbed(s, &wanted);
    faults_begin(&first);
    undisturbed(s, &answer);
    faults_end();
  }
  for (unsigned kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
    fault f = {.kinds = kinds[kind].kinds};
    faults_begin(&f);
    const fs_status status = undisturbed(s, &answer);
    const long count = faults_end();
    long tried = 0;
    snprintf(sentence, sizeof sentence, "%s: %ld requests %s", s->name, count, kinds[kind].name);
    TEST(sentence) {
      const char *reason = reason_of_skip(s, kinds[kind].kinds);
      if (reason) SKIP(reason);
      if (!CHECK_OK(status)) continue;
      CHECK(answer == wanted);
      long bytes = faults_bytes(), blocks = faults_blocks();
      const double step = most > 0 && count > most ? (double)count / (double)most : 1;
      for (double at = 0; at < count; at += step)
        for (int lasts = 0; lasts < 2; lasts++) {
          f = (fault){.kinds = kinds[kind].kinds, .first = 1 + (long)at, .lasts = lasts};
          tried += !lasts;
          bool well = is_survived(s, &f, wanted);
          if (!CHECK_OK(undisturbed(s, &answer)) || !CHECK(answer == wanted) || !well) break;
          if (is_lost(bytes, blocks, most_kept(s, f.kinds))) {
            /* What is made once and kept is not lost a second time. */
            bytes = faults_bytes(), blocks = faults_blocks();
            well = is_survived(s, &f, wanted) && CHECK_OK(undisturbed(s, &answer));
          }
          char kept[120];
          snprintf(kept, sizeof kept, "after request %ld%s %ld bytes in %ld blocks are kept", f.first, lasts ? "..." : "",
                   faults_bytes() - bytes, faults_blocks() - blocks);
          well = test_check(!is_lost(bytes, blocks, most_kept(s, f.kinds)), __FILE__, __LINE__, kept) && well;
          bytes = faults_bytes(), blocks = faults_blocks();
          if (!well) break;
        }
    }
    printf("  %s: %ld of %ld requests %s refused\n", s->name, tried, count, kinds[kind].name);
    fflush(stdout);
  }
  s->finish();
}

int main(int argc, char **argv) {
  const char *setting = getenv("FACESTYLE_FAULTS");
  most = setting && *setting ? atol(setting) : 60;
  if (!mkdtemp(scene_folder)) return perror(scene_folder), 1;
  static char shown[1 << 16];
  setvbuf(stdout, shown, _IOFBF, sizeof shown); /* printing takes no memory */
  fs_threads_set(1); /* so that requests come in the same order */
  for (unsigned i = 0; i < scene_count; i++)
    if (argc < 2 || strstr(scenes[i].name, argv[1])) disturb(&scenes[i]);
  char command[100];
  snprintf(command, sizeof command, "rm -r %s", scene_folder);
  if (system(command) != 0) printf("  %s failed\n", command);
  printf("  %ld requests refused: %ld calls answered FS_NO_MEMORY, %ld went on without\n", injected, refused, survived);
  return test_end_program();
}
