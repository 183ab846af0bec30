/* What a PostgreSQL server answers, read through libpq: a good one's answers, changed at a few places. */
#include "people.h"
#include "fake_server.h"

enum { CHANGES = 8 };

static const uint8_t key[FS_GALLERY_KEY_LENGTH] = {1, 2, 3};
static const char *address;
static server_text plain, sealed; /* galleries of a few people */

/* One change of one answer. `place` chooses the message, from the end if its upper bit is set. */
typedef struct change { uint8_t answer, kind, place, column, count; const uint8_t *bytes; } change;
static change changes[CHANGES];
static unsigned change_count;

enum { REPLACE, CUT, EXTEND, RETYPE, REMOVE, REPEAT, INSERT, VALUE, NOTHING, TYPE, COLUMN, END, KINDS };

/* The columns of a row or of a description: where one begins and ends. */
static bool find_column(const server_message *message, unsigned column, size_t *begin, size_t *end) {
  const server_text *body = &message->body;
  size_t next = 2;
  for (unsigned i = 0; next < body->count; i++) {
    *begin = next;
    if (message->type == 'D') {
      if (next + 4 > body->count) return false;
      const uint32_t length = (uint32_t)server_read(body->bytes + next, 4);
      next += 4 + (length == UINT32_MAX ? 0 : length);
    } else {
      next += strnlen((char *)body->bytes + next, body->count - next) + 1 + 18;
    }
    *end = next;
    if (next > body->count) return false;
    if (i == column) return true;
  }
  return false;
}

/* Replaces the bytes from `begin` to `end`. */
static void splice(server_text *body, size_t begin, size_t end, const void *bytes, size_t count) {
  server_text whole = {0};
  server_append(&whole, body->bytes, begin);
  server_append(&whole, bytes, count);
  server_append(&whole, body->bytes + end, body->count - end);
  free(body->bytes);
  *body = whole;
}

static void apply(server_answer *answer, const change *c) {
  const unsigned place = (c->place & 0x80 ? answer->count - 1 - c->place % 0x80 % answer->count : c->place % answer->count);
  server_message *message = &answer->messages[place];
  server_text *body = &message->body, column = {0};
  size_t begin = 0, end = 0;
  const bool has_columns = message->type == 'D' || message->type == 'T';
  switch (c->kind % KINDS) {
  case REPLACE:
    for (unsigned i = 0; i < c->count && (size_t)c->column + i < body->count; i++) body->bytes[c->column + i] = c->bytes[i];
    break;
  case CUT: body->count = body->count < c->column ? body->count : c->column; break;
  case EXTEND: server_append(body, c->bytes, c->count); break;
  case RETYPE: message->type = c->column; break;
  case REMOVE: server_remove(answer, place); break;
  case REPEAT: message->more = c->column; break;
  case INSERT:
    server_append(&server_insert(answer, place, c->column)->body, c->bytes, c->count);
    break;
  case VALUE: /* another value, of another length, in a row */
  case NOTHING:
    if (message->type != 'D' || !find_column(message, c->column, &begin, &end)) break;
    server_number(&column, c->kind % KINDS == NOTHING ? UINT32_MAX : c->count, 4);
    if (c->kind % KINDS == VALUE) server_append(&column, c->bytes, c->count);
    splice(body, begin, end, column.bytes, column.count);
    break;
  case TYPE: /* another type of a column */
    if (message->type != 'T' || !find_column(message, c->column, &begin, &end) || c->count < 4) break;
    splice(body, end - 12, end - 8, c->bytes, 4);
    break;
  case COLUMN: /* a column less, or twice */
    if (!has_columns || !find_column(message, c->column & 0x7f, &begin, &end)) break;
    for (int i = 0; i < (c->column & 0x80 ? 2 : 0); i++) server_append(&column, body->bytes + begin, end - begin);
    splice(body, begin, end, column.bytes, column.count);
    body->bytes[1] = (uint8_t)(body->bytes[1] + (c->column & 0x80 ? 1 : -1));
    break;
  case END: answer->ends = true; break;
  }
  free(column.bytes);
}

static bool apply_changes(server_answer *answer) {
  bool changed = false;
  for (unsigned i = 0; i < change_count && answer->count > 0; i++)
    if (changes[i].answer % 64 == answer->number) apply(answer, &changes[i]), changed = true;
  return changed;
}

/* ---- Galleries ---- */

static fs_status opened(fs_gallery **gallery, const char *place, bool secret, bool read_only) {
  fs_gallery_options options;
  checked(fs_gallery_options_init(&options, sizeof options));
  options.read_only = read_only;
  if (secret) options.key = key;
  return checked(fs_gallery_open(gallery, place, embedder, &options));
}

static server_text made(const char *name, bool secret) {
  fs_gallery *gallery = NULL;
  server_text file = {0};
  uint8_t bytes[4096];
  float embedding[NUMBERS];
  size_t count;
  const char *path = fuzz_path(name);
  if (opened(&gallery, path, secret, false) != FS_OK) return fprintf(stderr, "%s: left out: %s\n", name, fs_last_error()), file;
  for (int i = 0; i < 3; i++) {
    for (int k = 0; k < NUMBERS; k++) embedding[k] = (float)((k * 7 + i * 31) % 19) / 19;
    checked(fs_gallery_add(gallery, i < 2 ? "Ada" : "Grace", embedding, NUMBERS));
  }
  fs_gallery_destroy(gallery);
  FILE *opened_file = fopen(path, "rb");
  while (opened_file && (count = fread(bytes, 1, sizeof bytes, opened_file)) > 0) server_append(&file, bytes, count);
  if (opened_file) fclose(opened_file);
  return file;
}

static void read_seed(void) {
  server_patience = 200; /* answers that wait for nothing are many */
  plain = made("plain.gallery", false), sealed = made("sealed.gallery", true);
  address = server_start(fuzz_folder);
  fs_gallery *gallery = NULL;
  server_reset(&plain, NULL);
  if (address) opened(&gallery, address, false, false);
  expect_people(gallery, 2);
  fs_gallery_destroy(gallery);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  if (count < 1) return 0;
  const unsigned way = *bytes++;
  count--;
  for (change_count = 0; change_count < CHANGES && count >= 5; change_count++) {
    change *c = &changes[change_count];
    *c = (change){bytes[0], bytes[1], bytes[2], bytes[3], bytes[4], bytes + 5};
    bytes += 5, count -= 5;
    if (c->count > count) c->count = (uint8_t)count;
    bytes += c->count, count -= c->count;
  }
  const bool secret = (way & 1) && sealed.count > 0, is_new = way & 2;
  server_reset(is_new ? NULL : secret ? &sealed : &plain, apply_changes);
  fs_gallery *gallery = NULL;
  if (opened(&gallery, address, secret, way & 4) == FS_OK) {
    float ones[NUMBERS];
    int32_t changed = 0;
    for (int i = 0; i < NUMBERS; i++) ones[i] = 1;
    ask(gallery);
    checked(fs_gallery_add(gallery, "Ada", ones, NUMBERS));
    checked(fs_gallery_replace_photo(gallery, 1, ones, NUMBERS));
    checked(fs_gallery_remove(gallery, "Grace"));
    checked(fs_gallery_threshold_set(gallery, 0.5f));
    checked(fs_gallery_reload(gallery, &changed));
    ask(gallery);
    fs_gallery_destroy(gallery);
  }
  server_reset(NULL, NULL);
  fuzz_end(1);
  return 0;
}
