/* What the examples share, so that each main shows only the library. Include it first. */
#ifndef COMMON_H
#define COMMON_H

#define _XOPEN_SOURCE 700 /* folders and signals under -std=c11 */

#include <dirent.h>
#include <facestyle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Calls a function of the library; if it fails, tells why and ends the program. */
#define TRY(call)                                                                                             \
  do {                                                                                                        \
    fs_status try_status = (call);                                                                            \
    if (try_status != FS_OK) {                                                                                \
      fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, fs_status_name(try_status), fs_last_error());    \
      exit(1);                                                                                                \
    }                                                                                                         \
  } while (0)

/* Ends the program unless it was given `count` arguments. */
static inline void want_arguments(int argc, char **argv, int count, const char *names) {
  if (argc == count + 1) return;
  fprintf(stderr, "usage: %s %s\n", argv[0], names);
  exit(2);
}

/* malloc that ends the program when there is no memory. */
static inline void *allocate(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (memory) return memory;
  fprintf(stderr, "no memory for %zu x %zu bytes\n", count, size);
  exit(1);
}

static inline int is_photo(const char *path) {
  const char *dot = strrchr(path, '.'), *ending;
  for (unsigned format = 0; dot && fs_file_format_name((fs_file_format)format); format++)
    for (size_t i = 0; (ending = fs_file_format_ending((fs_file_format)format, i)); i++)
      if (!strcasecmp(dot, ending)) return 1;
  return 0;
}

/* Calls `visit` with a person's name and a photo of the person, for each photo FOLDER/NAME.jpg and
 * FOLDER/NAME/anything.jpg. */
static inline void each_photo(const char *folder, const char *person,
                              void (*visit)(const char *name, const char *path, void *user), void *user) {
  DIR *directory = opendir(folder);
  if (!directory) {
    if (person) return; /* a file that is neither photo nor folder */
    perror(folder);
    exit(1);
  }
  for (struct dirent *entry; (entry = readdir(directory));) {
    char path[4096], name[256];
    if (entry->d_name[0] == '.') continue;
    if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path) continue;
    snprintf(name, sizeof name, "%s", person ? person : entry->d_name);
    if (is_photo(path)) {
      if (!person) *strrchr(name, '.') = 0;
      visit(name, path, user);
    } else if (!person)
      each_photo(path, name, visit, user);
  }
  closedir(directory);
}

#endif
