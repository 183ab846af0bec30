#include <sqlite3.h>
/* Macros with casts and variadic functions, which Swift does not see. */

/* The text or the bytes are copied before the call returns. */
static inline int sqliteBindText(sqlite3_stmt *statement, int place, const char *text, int byteCount) {
  return sqlite3_bind_text(statement, place, text, byteCount, SQLITE_TRANSIENT);
}
/* They stay where they are until the statement has run. */
static inline int sqliteBindBytes(sqlite3_stmt *statement, int place, const void *bytes, int byteCount) {
  return sqlite3_bind_blob(statement, place, bytes ? bytes : "", byteCount, SQLITE_STATIC);
}
/* What a file from anywhere may not do: run functions by its schema, write to its own tables of contents, ask for memory
 * without end. */
static inline void sqliteHarden(sqlite3 *connection) {
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)0);
  sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (int *)0);
  sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, 1 << 24);
  sqlite3_limit(connection, SQLITE_LIMIT_ATTACHED, 0);
}
