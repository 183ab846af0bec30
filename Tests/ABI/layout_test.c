/* Prints where every public struct member lies and what every public constant is, and compares that
 * with layout.txt, which was written when each of them was released.
 *
 *   Tests/ABI/layout_test.sh                   compares
 *   Tests/ABI/layout_test.sh --update          writes layout.txt anew
 *
 * A difference is a broken promise unless lines were only added: a struct whose first member is `size`
 * may grow at its end (its sizeof then changes with it), an enum may get new names with new numbers, a
 * constant that is a default or a limit may be added. Offsets and numbers of lines that are there never
 * change; when they must, FS_ABI_VERSION and the SONAME change too. Whoever updates the file says why
 * in the commit. 64-bit systems alone: on others the test is skipped. */
#include <facestyle.h>
#include <stdio.h>
#include <string.h>

#define NUMBER(name) {#name, (long long)(name)}
#define STRUCT(type) {"sizeof " #type, (long long)sizeof(type)}
#define MEMBER(type, member)                                             \
  {"offset " #type "." #member, (long long)offsetof(type, member)},      \
  {"sizeof " #type "." #member, (long long)sizeof(((type *)0)->member)}

static const struct { const char *name; long long value; } table[] = {
#include "layout_table.h"
};

enum { LINES = sizeof table / sizeof table[0] };

int main(int argc, char **argv) {
  if (argc < 2) { /* the table itself */
    for (int i = 0; i < LINES; i++) printf("%s %lld\n", table[i].name, table[i].value);
    return 0;
  }
  FILE *golden = fopen(argv[1], "r");
  if (!golden) return perror(argv[1]), 2;
  int passed = 0, failed = 0, number = 0;
  char line[200], present[200];
  while (fgets(line, sizeof line, golden)) {
    line[strcspn(line, "\n")] = 0;
    if (!line[0] || line[0] == '#') continue;
    if (number < LINES) snprintf(present, sizeof present, "%s %lld", table[number].name, table[number].value);
    else snprintf(present, sizeof present, "nothing");
    number++;
    if (strcmp(line, present) == 0) passed++;
    else printf("FAILED: was \"%s\", is \"%s\"\n", line, present), failed++;
  }
  for (; number < LINES; number++)
    printf("FAILED: not in %s: \"%s %lld\"\n", argv[1], table[number].name, table[number].value), failed++;
  fclose(golden);
  printf("%d passed, %d failed\n", passed, failed);
  return failed ? 1 : 0;
}
