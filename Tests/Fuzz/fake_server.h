/* A PostgreSQL server in a thread of this process, with SQLite behind it: the library's statements are the same for both.
 * Its answers can be changed on their way, as by a server that is broken or hostile; libpq then reads them as it reads a real
 * one's. Speaks version 3 of the protocol as far as libpq's pipelines need it, on a socket in a folder. */
#ifndef FAKE_SERVER_H
#define FAKE_SERVER_H

#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SERVER_MESSAGES = 4096, SERVER_PARAMETERS = 512 };
enum { SERVER_INTEGER = 20, SERVER_TEXT = 25, SERVER_REAL = 701, SERVER_BYTES = 17 }; /* PostgreSQL's numbers of its types */

typedef struct server_text { uint8_t *bytes; size_t count; } server_text;
/* One message of an answer: its length on the wire is what `body` has. */
typedef struct server_message { uint8_t type; unsigned more; /* times it is repeated */ server_text body; } server_message;
/* An answer: the messages up to the next ReadyForQuery. `number` counts answers since `server_reset`. */
typedef struct server_answer {
  unsigned number, count;
  server_message messages[SERVER_MESSAGES];
  bool ends; /* the connection, after it */
} server_answer;

/* Changes an answer before it is sent. Returns whether it did. */
static bool (*server_change)(server_answer *answer);
/* Milliseconds after a changed answer, by which a host that waits for more has the connection ended. */
static int server_patience = 30000;

static struct {
  pthread_mutex_t lock;
  sqlite3 *database;
  unsigned generation, answers;
  int listener;
} server = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- Messages ---- */

static void server_append(server_text *text, const void *bytes, size_t count) {
  text->bytes = realloc(text->bytes, text->count + count + 1);
  if (!text->bytes) abort();
  if (count > 0) memcpy(text->bytes + text->count, bytes, count);
  text->count += count;
}

static void server_number(server_text *text, uint64_t number, int bytes) {
  for (int i = bytes - 1; i >= 0; i--) server_append(text, &(uint8_t){(uint8_t)(number >> 8 * i)}, 1);
}

static server_message *server_insert(server_answer *answer, unsigned place, uint8_t type) {
  if (answer->count == SERVER_MESSAGES) abort();
  server_message *message = &answer->messages[place];
  memmove(message + 1, message, (answer->count - place) * sizeof *message);
  answer->count++;
  *message = (server_message){.type = type};
  return message;
}

static server_text *server_add(server_answer *answer, uint8_t type) {
  return &server_insert(answer, answer->count, type)->body;
}

static void server_remove(server_answer *answer, unsigned place) {
  free(answer->messages[place].body.bytes);
  answer->count--;
  memmove(&answer->messages[place], &answer->messages[place + 1], (answer->count - place) * sizeof *answer->messages);
}

static void server_refuse(server_answer *answer, const char *code, const char *reason) {
  server_text *body = server_add(answer, 'E');
  server_append(body, "SERROR", 7), server_append(body, "C", 1), server_append(body, code, strlen(code) + 1);
  server_append(body, "M", 1), server_append(body, reason, strlen(reason) + 1), server_append(body, "", 1);
}

static uint64_t server_read(const uint8_t *bytes, int count) {
  uint64_t number = 0;
  for (int i = 0; i < count; i++) number = number << 8 | bytes[i];
  return number;
}

static bool server_write(int socket, const server_text *text) {
  for (size_t sent = 0; sent < text->count;) {
    const ssize_t part = send(socket, text->bytes + sent, text->count - sent, MSG_NOSIGNAL);
    if (part <= 0) return false;
    sent += (size_t)part;
  }
  return true;
}

static bool server_send(int socket, server_answer *answer) {
  bool whole = true;
  for (unsigned i = 0; i < answer->count; i++) {
    const server_message *message = &answer->messages[i];
    server_text text = {0};
    server_append(&text, &message->type, 1);
    server_number(&text, message->body.count + 4, 4);
    server_append(&text, message->body.bytes, message->body.count);
    for (unsigned k = 0; k <= message->more && whole; k++) whole = server_write(socket, &text);
    free(text.bytes);
  }
  while (answer->count > 0) server_remove(answer, answer->count - 1);
  return whole;
}

/* ---- Statements ---- */

/* What SQLite does not understand, and what it is asked instead; NULL: nothing. */
static const struct { const char *part, *instead; } server_words[] = {
    {"BEGIN", NULL}, {"COMMIT", NULL}, {"ROLLBACK", NULL}, {"VACUUM", NULL}, {"FOR UPDATE", "SELECT 1"}, {"set_config", "SELECT ''"},
    {"pg_advisory_xact_lock", "SELECT 1"}, {"to_regclass", "SELECT 16384, 0, 'public', 'none'"},
    {"SELECT 1 FROM pg_class", "SELECT 1 FROM sqlite_master WHERE name = 'facestyle_gallery'"},
    {"'CREATE TABLE '", "SELECT replace(replace(replace(sql, 'INTEGER', 'BIGINT'), 'REAL', 'DOUBLE PRECISION'), 'BLOB', 'BYTEA') "
                        "FROM sqlite_master WHERE type = 'table'"},
};

static void server_row(server_answer *answer, sqlite3_stmt *statement) {
  server_text *row = server_add(answer, 'D');
  const int columns = sqlite3_column_count(statement);
  server_number(row, (uint64_t)columns, 2);
  for (int i = 0; i < columns; i++) {
    const double real = sqlite3_column_double(statement, i);
    uint64_t bits;
    memcpy(&bits, &real, sizeof bits);
    switch (sqlite3_column_type(statement, i)) {
    case SQLITE_INTEGER: server_number(row, 8, 4), server_number(row, (uint64_t)sqlite3_column_int64(statement, i), 8); break;
    case SQLITE_FLOAT: server_number(row, 8, 4), server_number(row, bits, 8); break;
    case SQLITE_NULL: server_number(row, UINT32_MAX, 4); break;
    default:
      server_number(row, (uint64_t)sqlite3_column_bytes(statement, i), 4);
      server_append(row, sqlite3_column_blob(statement, i), (size_t)sqlite3_column_bytes(statement, i));
    }
  }
}

static void server_describe(server_answer *answer, sqlite3_stmt *statement) {
  const int columns = sqlite3_column_count(statement);
  server_text *body = server_add(answer, columns > 0 ? 'T' : 'n');
  if (columns == 0) return;
  server_number(body, (uint64_t)columns, 2);
  for (int i = 0; i < columns; i++) {
    const int kind = sqlite3_column_type(statement, i);
    const char *declared = sqlite3_column_decltype(statement, i);
    const uint32_t type = kind == SQLITE_INTEGER ? SERVER_INTEGER : kind == SQLITE_FLOAT ? SERVER_REAL : kind == SQLITE_BLOB ? SERVER_BYTES
                          : kind == SQLITE_TEXT || !declared ? SERVER_TEXT : SERVER_INTEGER;
    server_append(body, "c", 2), server_number(body, 0, 4), server_number(body, 0, 2), server_number(body, type, 4);
    server_number(body, type == SERVER_INTEGER || type == SERVER_REAL ? 8 : UINT16_MAX, 2), server_number(body, UINT32_MAX, 4);
    server_number(body, 1, 2); /* in binary */
  }
}

typedef struct server_parameter { uint32_t type, count; const uint8_t *bytes; } server_parameter;

/* Runs a statement; false if it failed. */
static bool server_run(server_answer *answer, const char *sql, const server_parameter *parameters, int count) {
  for (size_t i = 0; i < sizeof server_words / sizeof *server_words; i++) {
    if (!strstr(sql, server_words[i].part)) continue;
    sql = server_words[i].instead;
    break;
  }
  if (!sql) {
    server_add(answer, 'n'), server_append(server_add(answer, 'C'), "SET", 4);
    return true;
  }
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(server.database, sql, -1, &statement, NULL);
  for (int i = 0; code == SQLITE_OK && i < count; i++) {
    const server_parameter *parameter = &parameters[i];
    const char *text = (const char *)parameter->bytes;
    char number[32];
    snprintf(number, sizeof number, "%.*s", (int)parameter->count, text);
    if (parameter->type == SERVER_BYTES) code = sqlite3_bind_blob(statement, i + 1, text, (int)parameter->count, SQLITE_TRANSIENT);
    else if (parameter->type == SERVER_INTEGER) code = sqlite3_bind_int64(statement, i + 1, strtoll(number, NULL, 10));
    else if (parameter->type == SERVER_REAL) code = sqlite3_bind_double(statement, i + 1, strtod(number, NULL));
    else code = sqlite3_bind_text(statement, i + 1, text, (int)parameter->count, SQLITE_TRANSIENT);
  }
  bool described = false;
  while (code == SQLITE_OK || code == SQLITE_ROW) {
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
      if (!described) server_describe(answer, statement), described = true;
    }
    if (code == SQLITE_ROW) server_row(answer, statement);
  }
  if (code == SQLITE_DONE) server_append(server_add(answer, 'C'), "SELECT", 7);
  else server_refuse(answer, code == SQLITE_CONSTRAINT ? "23505" : "42601", sqlite3_errmsg(server.database));
  sqlite3_finalize(statement);
  return code == SQLITE_DONE;
}

/* ---- Connections ---- */

/* Waits for bytes; false at the end of the connection, or if there are none for `patience` milliseconds. */
static bool server_receive(int socket, void *bytes, size_t count, int patience) {
  for (size_t got = 0; got < count;) {
    struct pollfd file = {.fd = socket, .events = POLLIN};
    if (poll(&file, 1, patience) <= 0) return false;
    const ssize_t part = recv(socket, (uint8_t *)bytes + got, count - got, 0);
    if (part <= 0) return false;
    got += (size_t)part;
  }
  return true;
}

static void server_greet(server_answer *answer) {
  server_number(server_add(answer, 'R'), 0, 4);
  server_append(server_add(answer, 'S'), "client_encoding\0UTF8", 21);
  server_append(server_add(answer, 'S'), "server_version\00015.0", 20);
  server_number(server_add(answer, 'K'), 0, 8);
  server_append(server_add(answer, 'Z'), "I", 1);
}

static void server_serve(int socket) {
  static server_answer answer;
  static uint8_t body[1 << 20];
  static char sql[1 << 16];
  static uint32_t types[SERVER_PARAMETERS];
  server_parameter parameters[SERVER_PARAMETERS];
  int patience = 60000, parameter_count = 0;
  unsigned generation = 0;
  bool failed = false, open = true;
  char state = 'I';
  if (!server_receive(socket, body, 8, patience)) return; /* what begins a connection has no type */
  if (!server_receive(socket, body + 8, server_read(body, 4) - 8, patience)) return;
  pthread_mutex_lock(&server.lock);
  generation = server.generation;
  pthread_mutex_unlock(&server.lock);
  for (uint8_t type = 0; open; open = open && server_receive(socket, &type, 1, patience) && type != 'X') {
    size_t count = 0;
    if (type) {
      uint8_t length[4];
      if (!server_receive(socket, length, 4, patience)) return;
      count = server_read(length, 4) - 4;
      if (count > sizeof body || !server_receive(socket, body, count, patience)) return;
    }
    pthread_mutex_lock(&server.lock);
    open = generation == server.generation;
    if (!open) {
    } else if (type == 'P' && !failed) {
      snprintf(sql, sizeof sql, "%s", (char *)body + strlen((char *)body) + 1);
      const uint8_t *next = body + strlen((char *)body) + 1 + strlen(sql) + 1;
      for (int i = 0; i < (int)server_read(next, 2) && i < SERVER_PARAMETERS; i++) types[i] = (uint32_t)server_read(next + 2 + 4 * i, 4);
      server_add(&answer, '1');
    } else if (type == 'B' && !failed) {
      const uint8_t *next = body + 2; /* neither portal nor statement has a name */
      next += 2 + 2 * server_read(next, 2);
      parameter_count = (int)server_read(next, 2);
      next += 2;
      for (int i = 0; i < parameter_count && i < SERVER_PARAMETERS; i++) {
        parameters[i] = (server_parameter){types[i], (uint32_t)server_read(next, 4), next + 4};
        next += 4 + parameters[i].count;
      }
      server_add(&answer, '2');
      /* The statement runs here: what it is bound to lies in this message. */
      failed = !server_run(&answer, sql, parameters, parameter_count);
      state = strncmp(sql, "BEGIN", 5) == 0 ? 'T' : strncmp(sql, "COMMIT", 6) == 0 || strncmp(sql, "ROLLBACK", 8) == 0 ? 'I' : state;
    } else if (type == 'S' || !type) {
      if (type) server_append(server_add(&answer, 'Z'), &state, 1);
      else server_greet(&answer);
      answer.number = server.answers++, answer.ends = false, failed = false;
      const bool changed = server_change && server_change(&answer);
      open = server_send(socket, &answer) && !answer.ends;
      if (changed) patience = server_patience;
    }
    pthread_mutex_unlock(&server.lock);
  }
  while (answer.count > 0) server_remove(&answer, answer.count - 1);
}

static void *server_thread(void *nothing) {
  for (;;) {
    const int socket = accept(server.listener, NULL, NULL);
    if (socket < 0) return nothing;
    server_serve(socket);
    close(socket);
  }
}

/* Gives the server a database: a copy of these bytes of an SQLite file. `change` is the next answers' `server_change`. */
static inline void server_reset(const server_text *file, bool (*change)(server_answer *)) {
  pthread_mutex_lock(&server.lock);
  sqlite3_close(server.database);
  server.database = NULL, server.answers = 0, server.generation++, server_change = change;
  bool good = sqlite3_open(":memory:", &server.database) == SQLITE_OK;
  if (good && file) {
    unsigned char *copy = sqlite3_malloc64(file->count);
    good = copy != NULL;
    if (good) memcpy(copy, file->bytes, file->count);
    if (good && file->count > 19) copy[18] = copy[19] = 1; /* memory has no write-ahead log */
    good = good && sqlite3_deserialize(server.database, "main", copy, (sqlite3_int64)file->count, (sqlite3_int64)file->count,
                                       SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE) == SQLITE_OK;
  }
  if (!good) fprintf(stderr, "%s\n", sqlite3_errmsg(server.database)), abort();
  pthread_mutex_unlock(&server.lock);
}

/* Starts the server. Returns the address for fs_gallery_open; NULL if there is no socket to be had. */
static inline const char *server_start(const char *folder) {
  static char address[200];
  struct sockaddr_un place = {.sun_family = AF_UNIX};
  pthread_t thread;
  snprintf(place.sun_path, sizeof place.sun_path, "%s/.s.PGSQL.5432", folder);
  snprintf(address, sizeof address, "postgresql://nobody@/people?host=%s&port=5432", folder);
  server.listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (server.listener < 0 || bind(server.listener, (struct sockaddr *)&place, sizeof place) != 0 || listen(server.listener, 4) != 0 ||
      pthread_create(&thread, NULL, server_thread, NULL) != 0)
    return perror(place.sun_path), NULL;
  pthread_detach(thread);
  return address;
}

#endif
