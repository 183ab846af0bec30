/* Models by name: where they are looked for, what stands for the best one, and what a list says of them. */
#include "weights.h"

static char folder[] = "/tmp/facestyle-names-XXXXXX";

/* A path in the folder; one of a few static buffers. */
static const char *in(const char *name) {
  static char buffers[8][400];
  static unsigned next;
  char *path = buffers[next++ % 8];
  snprintf(path, sizeof buffers[0], "%s/%s", folder, name);
  return path;
}

/* Writes a model without weights: its header, and `data_count` bytes that the file system need not store. */
static bool write_model(const char *path, const char *metadata, uint64_t data_count) {
  char header[1000];
  const int length = data_count ? snprintf(header, sizeof header,
                                           "{\"__metadata__\":{%s},\"a\":{\"dtype\":\"U8\",\"shape\":[%llu],\"data_offsets\":[0,%llu]}}",
                                           metadata, (unsigned long long)data_count, (unsigned long long)data_count)
                                : snprintf(header, sizeof header, "{\"__metadata__\":{%s}}", metadata);
  uint8_t bytes[1008] = {(uint8_t)length, (uint8_t)(length >> 8)};
  memcpy(bytes + 8, header, (size_t)length);
  return write_file(path, bytes, 8 + (size_t)length) && truncate(path, (off_t)(8 + (uint64_t)length + data_count)) == 0;
}

static bool is(const char *text, const char *wanted) { return text && strcmp(text, wanted) == 0; }

/* The note of the model that `name` opens; "" if none does. Valid until the next call. */
static const char *note_of(const char *name) {
  static char note[100];
  fs_model *model = NULL;
  note[0] = 0;
  if (CHECK_OK(fs_model_open(&model, name))) snprintf(note, sizeof note, "%s", fs_model_metadata(model, "note"));
  fs_model_destroy(model);
  return note;
}

#define MODEL(note) "\"architecture\":\"mtcnn\",\"note\":\"" note "\""

static void folders(void) {
  fs_model *model = NULL;
  TEST("models are written") {
    const char *const made[] = {"a", "b", "data", "data/facestyle", "data/facestyle/models", "home", "home/.local", "home/.local/share",
                                "home/.local/share/facestyle", "home/.local/share/facestyle/models"};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) CHECK(mkdir(in(made[i]), 0777) == 0);
    CHECK(write_model(in("a/first.safetensors"), MODEL("a"), 0) && write_model(in("b/first.safetensors"), MODEL("b"), 0));
    CHECK(write_model(in("b/Second-1.0_x.safetensors"), MODEL("second"), 0));
    CHECK(write_model(in("data/facestyle/models/third.safetensors"), MODEL("data"), 0));
    CHECK(write_model(in("home/.local/share/facestyle/models/third.safetensors"), MODEL("home"), 0));
  }
  TEST("the first folder of FACESTYLE_MODELS that has a name gives the model") {
    char both[900];
    snprintf(both, sizeof both, "%s:%s", in("a"), in("b"));
    setenv("FACESTYLE_MODELS", both, 1);
    CHECK(is(note_of("first"), "a") && is(note_of("Second-1.0_x"), "second"));
    snprintf(both, sizeof both, "%s:%s", in("b"), in("a"));
    setenv("FACESTYLE_MODELS", both, 1);
    CHECK(is(note_of("first"), "b"));
  }
  TEST("entries that are empty, files, or not there are passed over") {
    char odd[2000];
    snprintf(odd, sizeof odd, "::/no/such/folder:/dev/null:%s::%s:", in("a/first.safetensors"), in("b"));
    setenv("FACESTYLE_MODELS", odd, 1);
    CHECK(is(note_of("first"), "b"));
  }
  TEST("tens of thousands of entries are no trouble, and a message names the first ones") {
    enum { COUNT = 30000 };
    char *many = malloc(4 * COUNT + 400), *end = many;
    for (int i = 0; i < COUNT; i++) end += sprintf(end, "%x:", (unsigned)i & 0xfff);
    sprintf(end, "%s", in("b"));
    setenv("FACESTYLE_MODELS", many, 1);
    CHECK(is(note_of("first"), "b"));
    CHECK_REFUSED(FS_NOT_FOUND, model, fs_model_open(&model, "none"));
    CHECK(strlen(fs_last_error()) < 2000 && strstr(fs_last_error(), " more folders"));
    free(many);
  }
  TEST("then comes the user's folder of data, by XDG_DATA_HOME or in the home folder") {
    setenv("FACESTYLE_MODELS", in("a"), 1);
    setenv("XDG_DATA_HOME", in("data"), 1), setenv("HOME", in("home"), 1);
    CHECK(is(note_of("third"), "data"));
    setenv("XDG_DATA_HOME", "relative", 1); /* the specification says: ignore it */
    CHECK(is(note_of("third"), "home"));
    setenv("XDG_DATA_HOME", "", 1);
    CHECK(is(note_of("third"), "home"));
    CHECK(write_model(in("a/third.safetensors"), MODEL("a"), 0));
    CHECK(is(note_of("third"), "a"));
    unlink(in("a/third.safetensors"));
  }
  if (exists("models/faces-nn4.safetensors"))
    TEST("then the folders beside the library, whatever the current one is") { /* build/../models */
      char current[400];
      REQUIRE(getcwd(current, sizeof current) && chdir("/") == 0);
      CHECK_OK(fs_model_open(&model, "faces-nn4"));
      CHECK(is(fs_model_metadata(model, "name"), "faces-nn4"));
      fs_model_destroy(model);
      CHECK(chdir(current) == 0);
    }
  TEST("a name that is nowhere is told with the folders") {
    CHECK_REFUSED(FS_NOT_FOUND, model, fs_model_open(&model, "starry-night-2"));
    CHECK(strstr(fs_last_error(), "no model \"starry-night-2\"") && strstr(fs_last_error(), in("a")) &&
          strstr(fs_last_error(), "home/.local/share/facestyle/models"));
    setenv("FACESTYLE_MODELS", "", 1);
    CHECK_REFUSED(FS_NOT_FOUND, model, fs_model_open(&model, "first"));
    setenv("FACESTYLE_MODELS", in("a"), 1);
  }
  TEST("what is no name is a path") {
    char longest[400];
    memset(longest, 'n', sizeof longest);
    longest[129] = 0;
    const char *const paths[] = {"./first", "../a/first", "..", ".", ".first", "first one", "first.safetensors", "a/../first", "~", longest};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) CHECK_REFUSED(FS_IO, model, fs_model_open(&model, paths[i]));
    longest[128] = 0;
    CHECK_REFUSED(FS_NOT_FOUND, model, fs_model_open(&model, longest));
  }
  TEST("a file of the current folder comes before a name, a folder does not") {
    char current[400];
    REQUIRE(getcwd(current, sizeof current) && chdir(folder) == 0);
    CHECK(mkdir("first", 0777) == 0 && is(note_of("first"), "a") && rmdir("first") == 0);
    CHECK(write_model("first", MODEL("here"), 0) && is(note_of("first"), "here"));
    CHECK(unlink("first") == 0 && chdir(current) == 0);
  }
  TEST("a damaged file is told with its path") {
    CHECK(write_file(in("a/broken.safetensors"), "no model", 8));
    CHECK_REFUSED(FS_BAD_DATA, model, fs_model_open(&model, "broken"));
    CHECK(strstr(fs_last_error(), in("a/broken.safetensors")) != NULL);
    unlink(in("a/broken.safetensors"));
  }
}

static void roles(void) {
  fs_model_info info = {.size = sizeof info};
  fs_model *model = NULL;
  const char *const points[] = {"faces-yunet", "mtcnn", "faces-points"}, *const embedders[] = {"faces-nn4", "dlib-resnet", "faces"};
  setenv("FACESTYLE_MODELS", in("b"), 1);
  TEST("the role \"faces-points\" is the best detector of the folders") {
    for (int i = 0; i < 3; i++) {
      char path[400];
      snprintf(path, sizeof path, "%s/%s.safetensors", in("b"), points[i]);
      CHECK(write_model(path, MODEL("mine"), 0));
      /* A better one may lie beside the library. */
      if (i == 0 && exists("build/models/mtcnn.safetensors")) continue;
      REQUIRE_OK(fs_model_open(&model, "faces-points"));
      CHECK_OK(fs_model_info_get(model, &info));
      CHECK(is(info.name, points[i]) && is(info.path, path) && is(info.role, "faces-points") && is(info.note, "mine"));
      CHECK(info.use == FS_MODEL_DETECTOR);
      fs_model_destroy(model);
    }
  }
  TEST("the role \"faces\" is the best embedder of the folders, and a file of that name the user's choice") {
    for (int i = 0; i < 3; i++) {
      char path[400];
      snprintf(path, sizeof path, "%s/%s.safetensors", in("b"), embedders[i]);
      CHECK(write_model(path, "\"architecture\":\"nn4.small2\"", 0));
      /* Better ones may lie beside the library: those of this folder come first among equals. */
      if (i == 0 && exists("build/models/dlib-resnet.safetensors")) continue;
      REQUIRE_OK(fs_model_open(&model, "faces"));
      CHECK_OK(fs_model_info_get(model, &info));
      CHECK(is(info.name, embedders[i]) && is(info.path, path) && is(info.role, "faces") && info.use == FS_MODEL_EMBEDDER);
      fs_model_destroy(model);
    }
  }
  TEST("a model that was opened by its own name or path has no role") {
    REQUIRE_OK(fs_model_open(&model, "dlib-resnet"));
    CHECK_OK(fs_model_info_get(model, &info));
    CHECK(is(info.name, "dlib-resnet") && info.role == NULL && info.fault == NULL && !info.hidden);
    fs_model_destroy(model);
    REQUIRE_OK(fs_model_open(&model, in("b/mtcnn.safetensors")));
    CHECK_OK(fs_model_info_get(model, &info));
    CHECK(is(info.name, "mtcnn") && is(info.path, in("b/mtcnn.safetensors")) && info.role == NULL);
    fs_model_destroy(model);
  }
  TEST("a model from memory has the name that its metadata say, or its architecture's") {
    fs_model *fast = fast_model(0.3f);
    CHECK_OK(fs_model_info_get(fast, &info));
    CHECK(is(info.name, "fast-style") && info.path == NULL && info.use == FS_MODEL_FAST_STYLE && info.parameters == fs_model_parameter_count(fast));
    CHECK(info.licence == NULL && info.accuracy == NULL && info.note == NULL);
    fs_model_destroy(fast);
  }
  const char *const all[] = {"b/faces-yunet", "b/mtcnn", "b/faces-points", "b/faces-nn4", "b/dlib-resnet", "b/faces"};
  for (int i = 0; i < 6; i++) {
    char name[100];
    snprintf(name, sizeof name, "%s.safetensors", all[i]);
    unlink(in(name));
  }
}

/* The entry of a path in a list; `size` 0 if there is none. */
static fs_model_info entry(const fs_models *models, const char *path) {
  fs_model_info info = {.size = sizeof info};
  for (size_t i = 0; i < fs_models_count(models); i++)
    if (CHECK_OK(fs_models_get(models, i, &info)) && is(info.path, path)) return info;
  return (fs_model_info){0};
}

static void lists(void) {
  fs_models *models = NULL;
  fs_model_info info = {.size = sizeof info};
  char both[900];
  snprintf(both, sizeof both, "%s:/no/such/folder:%s", in("a"), in("b"));
  setenv("FACESTYLE_MODELS", both, 1);
  TEST("files of every kind are written") {
    CHECK(write_model(in("a/large.safetensors"),
                      "\"architecture\":\"vgg19\",\"licence\":\"CC0\",\"accuracy\":\"96.8 % of LFW\",\"note\":\"a\\u00e9\"", 3000000000u));
    CHECK(write_model(in("a/unknown.safetensors"), "\"architecture\":\"resnet50\"", 0));
    CHECK(write_model(in("a/graph.safetensors"), "\"architecture\":\"graph\",\"graph\":\"nonsense\"", 0));
    CHECK(write_model(in("a/universal.safetensors"), "\"architecture\":\"universal-style\"", 0));
    CHECK(write_model(in("a/part.safetensors"), "\"architecture\":\"cascade-12\"", 0));
    CHECK(write_model(in("a/no name.safetensors"), MODEL("x"), 0) && write_model(in("a/.hidden.safetensors"), MODEL("x"), 0));
    CHECK(write_file(in("a/broken.safetensors"), "no", 2) && write_file(in("a/notes.txt"), "no", 2));
    CHECK(mkdir(in("a/folder.safetensors"), 0777) == 0 && mkfifo(in("a/pipe.safetensors"), 0666) == 0);
    CHECK(symlink("/no/such/file", in("a/dangling.safetensors")) == 0 && symlink(in("b/first.safetensors"), in("a/linked.safetensors")) == 0);
    CHECK(write_model(in("b/mtcnn.safetensors"), MODEL("detector"), 0));
  }
  TEST("a list has every file that a name opens, by folders and names, without reading weights") {
    REQUIRE_OK(fs_models_list(&models));
    const char *const wanted[] = {"broken", "first", "graph", "large", "linked", "part", "universal", "unknown", "Second-1.0_x", "first", "mtcnn"};
    REQUIRE(fs_models_count(models) >= sizeof wanted / sizeof *wanted);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
      CHECK_OK(fs_models_get(models, i, &info));
      CHECK(is(info.name, wanted[i]));
    }
    info = entry(models, in("a/large.safetensors"));
    CHECK(info.size == sizeof info && info.byte_count > 3000000000u && info.parameters == 3000000000u && info.use == FS_MODEL_STYLER);
    CHECK(is(info.licence, "CC0") && is(info.accuracy, "96.8 % of LFW") && is(info.note, "a\xc3\xa9") && is(info.architecture, "vgg19"));
    CHECK(info.fault == NULL && info.role == NULL && !info.hidden);
  }
  TEST("it says what files are for, which are hidden, and why one cannot be opened") {
    CHECK(entry(models, in("a/universal.safetensors")).use == FS_MODEL_UNIVERSAL_STYLE);
    CHECK(entry(models, in("a/part.safetensors")).use == FS_MODEL_OTHER);
    CHECK(entry(models, in("a/first.safetensors")).use == FS_MODEL_DETECTOR && !entry(models, in("a/first.safetensors")).hidden);
    CHECK(entry(models, in("b/first.safetensors")).hidden);
    const char *const faulty[] = {"a/broken.safetensors", "a/unknown.safetensors", "a/graph.safetensors"};
    for (int i = 0; i < 3; i++) {
      info = entry(models, in(faulty[i]));
      CHECK(info.size && info.fault && info.fault[0] && info.use == FS_MODEL_OTHER);
    }
    CHECK(strstr(entry(models, in("a/unknown.safetensors")).fault, "resnet50") != NULL);
    CHECK(is(entry(models, in("b/mtcnn.safetensors")).role, "faces-points"));
  }
  TEST("a list stays as it was, and an entry that is not there is refused") {
    const size_t count = fs_models_count(models);
    unlink(in("a/universal.safetensors"));
    CHECK(fs_models_count(models) == count && entry(models, in("a/universal.safetensors")).size);
    info.size = sizeof info;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, info, fs_models_get(models, count, &info));
    info.size = sizeof info;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, info, fs_models_get(models, SIZE_MAX, &info));
    info.size = sizeof info;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, info, fs_models_get(NULL, 0, &info));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_models_get(models, 0, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_models_list(NULL));
    CHECK(fs_models_count(NULL) == 0);
  }
  fs_models_destroy(models);
}

int main(void) {
  if (!mkdtemp(folder)) return 1;
  setenv("XDG_DATA_HOME", "/no/such/folder", 1);
  folders();
  setenv("XDG_DATA_HOME", "/no/such/folder", 1);
  roles();
  lists();
  char command[100];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  CHECK(system(command) == 0);
  return test_end_program();
}
