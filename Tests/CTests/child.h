/* What needs a process of its own. */
#ifndef CHILD_H
#define CHILD_H

#include "support.h"

#include <signal.h>
#include <sys/wait.h>

/* Runs in a child, which answers 0 if all is well; `seconds` without an answer are a failure. */
static inline bool child(int (*body)(void *), void *argument, unsigned seconds) {
  fflush(stdout);
  pid_t process = fork();
  if (process == 0) {
    alarm(seconds);
    int code = body(argument);
    fflush(stdout);
    _exit(code);
  }
  int status = 1;
  bool well = process > 0 && waitpid(process, &status, 0) == process && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!well) printf("  the child ended with %s %d\n", WIFSIGNALED(status) ? "signal" : "status",
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  return well;
}

/* The program anew, in which nothing is loaded yet, with the limits that the child has set itself. */
static inline int again(const char *part) {
  execl("/proc/self/exe", "/proc/self/exe", part, (char *)NULL);
  return 99;
}

#endif
