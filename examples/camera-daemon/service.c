#define _GNU_SOURCE /* SOCK_CLOEXEC */

#include "service.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void service_tell(const char *state) {
  const char *path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (!path || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof address.sun_path) return;
  memcpy(address.sun_path, path, strlen(path));
  if (path[0] == '@') address.sun_path[0] = 0; /* a name without a file */
  int file = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (file < 0) return;
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
  sendto(file, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, length);
  close(file);
}

double service_watchdog(void) {
  const char *period = getenv("WATCHDOG_USEC"), *process = getenv("WATCHDOG_PID");
  if (!period || (process && strtol(process, NULL, 10) != (long)getpid())) return 0;
  double microseconds = strtod(period, NULL);
  return microseconds > 0 ? microseconds / 2e6 : 0;
}
