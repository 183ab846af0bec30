/* Galleries on a PostgreSQL server that is broken or hostile. The server is Tests/Fuzz's: a good one, whose answers are changed;
 * real ones are in bindings/python/tests/test_gallery_postgres.py. */
#include "support.h"

#include "../Fuzz/fake_server.h"

#include <sys/resource.h>

enum { DIMENSION = 128, PEOPLE = 2 };

static char folder[] = "/tmp/facestyle-server-XXXXXX";
static const char *address;
static fs_embedder *embedder;

static fs_status opened(fs_gallery **gallery) {
  *gallery = NULL;
  return fs_gallery_open(gallery, address, embedder, NULL);
}

static fs_status add(fs_gallery *gallery, const char *name, int number) {
  float embedding[DIMENSION];
  for (int i = 0; i < DIMENSION; i++) embedding[i] = (float)((i * 7 + number * 31) % 19) / 19;
  return fs_gallery_add(gallery, name, embedding, DIMENSION);
}

/* ---- Changes ---- */

/* The message of an answer that holds `part`, or the first of `type` if that is NULL. */
static server_message *find(server_answer *answer, uint8_t type, const char *part) {
  for (unsigned i = 0; i < answer->count; i++) {
    server_message *message = &answer->messages[i];
    if (message->type != type) continue;
    for (size_t k = 0; k + (part ? strlen(part) : 0) <= message->body.count; k++)
      if (!part || memcmp(message->body.bytes + k, part, strlen(part)) == 0) return message;
  }
  return NULL;
}

static unsigned columns_of(const server_message *row) { return row ? (unsigned)server_read(row->body.bytes, 2) : 0; }

/* Puts other bytes in place of a row's column; NULL for no value. */
static void set_column(server_message *row, unsigned column, const void *bytes, uint32_t count) {
  server_text whole = {0};
  size_t next = 2;
  for (unsigned i = 0; i < column; i++) next += 4 + server_read(row->body.bytes + next, 4);
  const size_t end = next + 4 + server_read(row->body.bytes + next, 4);
  server_append(&whole, row->body.bytes, next);
  server_number(&whole, bytes ? count : UINT32_MAX, 4);
  server_append(&whole, bytes, bytes ? count : 0);
  server_append(&whole, row->body.bytes + end, row->body.count - end);
  free(row->body.bytes);
  row->body = whole;
}

/* The row that describes the gallery has six columns, a photo's has five, a person's three. */
static bool is_description(const server_answer *answer, server_message **row) {
  *row = find((server_answer *)answer, 'D', NULL);
  return columns_of(*row) == 6;
}
static bool is_photos(const server_answer *answer, server_message **row) {
  *row = find((server_answer *)answer, 'D', NULL);
  return columns_of(*row) == 5;
}

static bool short_number(server_answer *answer) {
  server_message *row;
  if (!is_description(answer, &row)) return false;
  return set_column(row, 1, "\x80", 1), true; /* the dimension */
}
static bool long_number(server_answer *answer) {
  server_message *row;
  if (!is_description(answer, &row)) return false;
  return set_column(row, 1, "\1\0\0\0\0\0\0\0\x80", 9), true;
}
static bool no_value(server_answer *answer) {
  server_message *row;
  if (!is_description(answer, &row)) return false;
  return set_column(row, 2, NULL, 0), true;
}
static bool fewer_columns(server_answer *answer) {
  server_message *row, *description = find(answer, 'T', NULL);
  if (!is_description(answer, &row)) return false;
  row->body.count -= 12, row->body.bytes[1] = 5;            /* the last number */
  description->body.count -= 20, description->body.bytes[1] = 5; /* "c" and what follows it */
  return true;
}
static bool no_description(server_answer *answer) {
  server_message *row;
  if (!is_description(answer, &row)) return false;
  return server_remove(answer, (unsigned)(row - answer->messages)), true;
}
static bool two_descriptions(server_answer *answer) {
  server_message *row;
  if (columns_of(find(answer, 'D', NULL)) != 3 || !find(answer, 'D', "none")) return false;
  row = find(answer, 'D', "none");
  return row->more = 1, true;
}
static bool another_type(server_answer *answer) {
  server_message *row, *description = find(answer, 'T', NULL);
  if (!is_description(answer, &row)) return false;
  description->body.bytes[2 + 2 + 9] = SERVER_TEXT; /* the first column's, after its name, its table's number and its own */
  return true;
}
static bool short_embedding(server_answer *answer) {
  server_message *row;
  if (!is_photos(answer, &row)) return false;
  return set_column(row, 4, "\0\0\x80\x3f", 4), true;
}
static bool no_number(server_answer *answer) {
  static uint8_t bytes[4 * DIMENSION] = {0, 0, 0xc0, 0x7f}; /* a NaN */
  server_message *row;
  if (!is_photos(answer, &row)) return false;
  return set_column(row, 4, bytes, sizeof bytes), true;
}
static bool one_photo_twice(server_answer *answer) {
  server_message *row;
  if (!is_photos(answer, &row)) return false;
  return row->more = 1, true;
}
static bool no_utf8(server_answer *answer) {
  server_message *row = find(answer, 'D', "ada");
  if (!row) return false;
  return set_column(row, 1, "\xff\xfe", 2), true;
}
static bool a_name_of(server_answer *answer, uint32_t count) {
  static uint8_t letters[1 << 16];
  server_message *row = find(answer, 'D', "ada");
  if (!row) return false;
  memset(letters, 'a', sizeof letters);
  return set_column(row, 1, letters, count), true;
}
static bool long_name(server_answer *answer) { return a_name_of(answer, 1 << 16); }
static bool empty_name(server_answer *answer) { return a_name_of(answer, 0); }

/* Another message before that which ends the statement. */
static bool beside(server_answer *answer, uint8_t type, const void *bytes, size_t count, unsigned more) {
  server_message *row, *end = find(answer, 'C', "SELECT");
  if (!is_description(answer, &row)) return false;
  server_message *message = server_insert(answer, (unsigned)(end - answer->messages), type);
  message->more = more;
  return server_append(&message->body, bytes, count), true;
}
static bool copy_out(server_answer *answer) { return beside(answer, 'H', "\0\0\0", 3, 0); }
static bool copy_in(server_answer *answer) { return beside(answer, 'G', "\0\0\0", 3, 0); }
static bool copy_both(server_answer *answer) { return beside(answer, 'W', "\0\0\0", 3, 0); }
static bool early_end(server_answer *answer) { return beside(answer, 'Z', "T", 1, 0); }
static bool many_ends(server_answer *answer) { return beside(answer, 'Z', "T", 1, 20); }
static bool ends_twice(server_answer *answer) { return beside(answer, 'C', "SELECT", 7, 5); }
static bool no_message(server_answer *answer) { return beside(answer, '?', "what", 4, 0); }
static bool closes(server_answer *answer) {
  server_message *row;
  if (!is_description(answer, &row)) return false;
  while (&answer->messages[answer->count - 1] != row) server_remove(answer, answer->count - 1);
  return answer->ends = true;
}
static bool lines(server_answer *answer) {
  server_message *row;
  if (!is_description(answer, &row)) return false;
  while (answer->count > 0) server_remove(answer, answer->count - 1);
  server_refuse(answer, "XX001", "line\r\nand line");
  server_append(server_add(answer, 'Z'), "E", 1);
  return true;
}
static bool no_session(server_answer *answer) {
  if (columns_of(find(answer, 'D', "public")) != 4) return false;
  return server_remove(answer, (unsigned)(find(answer, 'D', "public") - answer->messages)), true;
}

/* 200 MB in rows, for a statement of which no row is wanted. */
enum { FLOOD_BYTES = 4000, FLOOD_ROWS = 50000 };
static bool flood(server_answer *answer) {
  static uint8_t bytes[FLOOD_BYTES];
  server_message *row = find(answer, 'D', NULL);
  if (columns_of(row) != 1 || row->body.count != 2 + 4) return false; /* one empty text: that of set_config */
  set_column(row, 0, bytes, sizeof bytes);
  return row->more = FLOOD_ROWS, true;
}

static long most_kilobytes(void) {
  struct rusage use;
  getrusage(RUSAGE_SELF, &use);
  return use.ru_maxrss;
}

/* ---- Sentences ---- */

static const struct { const char *sentence; bool (*change)(server_answer *); fs_status wanted; const char *reason; } cases[] = {
    {"a number of one byte is refused", short_number, FS_BAD_DATA, "a number of 1 bytes; expected 8"},
    {"a number of nine bytes is refused", long_number, FS_BAD_DATA, "a number of 9 bytes; expected 8"},
    {"a column without a value is refused", no_value, FS_BAD_DATA, "without a value"},
    {"a row without its last column is refused", fewer_columns, FS_BAD_DATA, "a column of type 0"},
    {"a column of another type is refused", another_type, FS_BAD_DATA, "a column of type 25"},
    {"no row that describes the gallery is refused", no_description, FS_BAD_DATA, "no row that describes it"},
    {"two rows that describe the gallery are refused", two_descriptions, FS_BAD_DATA, "2 rows that describe it"},
    {"no row that describes the session is refused", no_session, FS_BAD_DATA, "0 rows that describe the session; expected 1"},
    {"an embedding of one number is refused", short_embedding, FS_BAD_DATA, "photo 0 with 4 bytes; expected 512"},
    {"an embedding with a NaN is refused", no_number, FS_BAD_DATA, "nan in photo 0"},
    {"a photo that comes twice is refused", one_photo_twice, FS_BAD_DATA, "photo 0; expected 1 or later"},
    {"a name that is no UTF-8 is refused", no_utf8, FS_BAD_DATA, "no UTF-8"},
    {"a name of 65,536 bytes is refused", long_name, FS_BAD_DATA, "a name of 65536 bytes"},
    {"a name of no byte is refused", empty_name, FS_BAD_DATA, "a name of 0 bytes"},
    {"a reason of several lines becomes one", lines, FS_BAD_DATA, "line and line"},
    {"a copy to the host, for which nothing asked, ends the connection", copy_out, FS_IO, "an answer of kind 3"},
    {"a copy from the host, for which nothing asked, ends the connection", copy_in, FS_IO, "an answer of kind 4"},
    {"a copy both ways, for which nothing asked, ends the connection", copy_both, FS_IO, "an answer of kind 8"},
    {"an end before the statement's ends the connection", early_end, FS_IO, "1 statements without an answer"},
    {"many ends end the connection", many_ends, FS_IO, "1 statements without an answer"},
    {"several ends of one statement end the connection", ends_twice, FS_IO, "an answer to nothing that was asked"},
    {"a message of no kind ends the connection", no_message, FS_IO, "unexpected"},
    {"an answer that is cut off ends the connection", closes, FS_IO, ""},
};

/* libpq 15 then loses the result that it was making, 2 KB, which valgrind would tell as ours. */
static bool loses(bool (*change)(server_answer *)) {
  return change == copy_out || change == copy_in || change == copy_both || change == early_end || change == many_ends;
}

static server_text good_gallery(void) {
  server_text file = {0};
  char path[100];
  fs_gallery *gallery = NULL;
  snprintf(path, sizeof path, "%s/people.gallery", folder);
  if (fs_gallery_open(&gallery, path, embedder, NULL) == FS_OK) {
    add(gallery, "ada", 0), add(gallery, "bob", 1);
    fs_gallery_destroy(gallery);
    file.bytes = read_file(path, &file.count);
  }
  unlink(path);
  return file;
}

static void broken(const server_text *file) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    TEST(cases[i].sentence) {
      fs_gallery *gallery = NULL;
      if (loses(cases[i].change) && quick()) SKIP("libpq loses memory of its own here");
      server_reset(file, cases[i].change);
      CHECK_STATUS(cases[i].wanted, opened(&gallery));
      if (!CHECK(strstr(fs_last_error(), cases[i].reason) && !strpbrk(fs_last_error(), "\r\n"))) printf("  %s\n", fs_last_error());
      CHECK(gallery == NULL);
    }
  }
}

int main(void) {
  fs_model *model = NULL;
  fs_gallery *gallery = NULL;
  if (!mkdtemp(folder) || fs_model_open(&model, "models/faces-nn4.safetensors") != FS_OK || fs_embedder_create(&embedder, model) != FS_OK)
    return fprintf(stderr, "%s\n", fs_last_error()), 1;
  fs_model_destroy(model);
  address = server_start(folder);
  server_text file = good_gallery();
  server_reset(&file, NULL);
  if (address && opened(&gallery) == FS_IO && strstr(fs_last_error(), "libpq")) {
    test_skip_group(fs_last_error());
  } else {
    TEST("a gallery on a good server is read and changed") {
      REQUIRE(gallery != NULL);
      CHECK(fs_gallery_person_count(gallery) == PEOPLE);
      CHECK_OK(add(gallery, "eve", 2));
      CHECK_OK(fs_gallery_remove(gallery, "bob"));
      fs_gallery_destroy(gallery);
      CHECK_OK(opened(&gallery));
      CHECK(fs_gallery_person_count(gallery) == PEOPLE && fs_gallery_photo_count(gallery) == 2);
    }
    fs_gallery_destroy(gallery);
    TEST("a gallery on a good server is begun") {
      server_reset(NULL, NULL);
      CHECK_OK(opened(&gallery));
      CHECK_OK(add(gallery, "ada", 0));
      fs_gallery_destroy(gallery);
      CHECK_OK(opened(&gallery));
      CHECK(fs_gallery_photo_count(gallery) == 1);
      fs_gallery_destroy(gallery);
    }
    broken(&file);
    TEST("rows that nothing asked for are not kept: 200 MB of them") {
      if (quick()) SKIP("the memory of valgrind, AddressSanitizer and emulators is counted along");
      const long before = most_kilobytes();
      server_reset(&file, flood);
      CHECK_OK(opened(&gallery));
      CHECK(most_kilobytes() - before < 16 << 10);
      fs_gallery_destroy(gallery);
    }
    TEST("a gallery in memory goes on when the server answers wrong, and is written when it answers right") {
      server_reset(&file, NULL);
      REQUIRE(opened(&gallery) == FS_OK);
      pthread_mutex_lock(&server.lock);
      server_change = short_number;
      pthread_mutex_unlock(&server.lock);
      CHECK_STATUS(FS_BAD_DATA, add(gallery, "eve", 2));
      CHECK(fs_gallery_photo_count(gallery) == PEOPLE);
      pthread_mutex_lock(&server.lock);
      server_change = NULL;
      pthread_mutex_unlock(&server.lock);
      CHECK_OK(add(gallery, "eve", 2));
      CHECK(fs_gallery_photo_count(gallery) == PEOPLE + 1);
      fs_gallery_destroy(gallery);
    }
  }
  fs_embedder_destroy(embedder);
  free(file.bytes);
  char path[100];
  snprintf(path, sizeof path, "%s/.s.PGSQL.5432", folder), unlink(path), rmdir(folder);
  TEST("nothing is kept") { CHECK(fs_debug_live_handles() == 0); }
  return test_end_program();
}
