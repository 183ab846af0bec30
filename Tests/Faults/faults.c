/* The functions of the C library that can refuse, in front of its own. They are part of the test program, whose symbols
 * come before the C library's for every library that is loaded. */
#define _GNU_SOURCE
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <dlfcn.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static fault now;
static atomic_long asked, met, blocks, bytes;
static atomic_bool active, half;

/* The file written to last, until it is synced. */
static ino_t unsynced;
static int unsynced_names, early_renames;

/* Where the code of libfacestyle.so lies. */
static uintptr_t library_start, library_end;

static int find_library(struct dl_phdr_info *info, size_t size, void *unused) {
  (void)size, (void)unused;
  if (!info->dlpi_name || !strstr(info->dlpi_name, "libfacestyle.so")) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
    const uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr, end = start + info->dlpi_phdr[i].p_memsz;
    if (!library_start || start < library_start) library_start = start;
    if (end > library_end) library_end = end;
  }
  return 1;
}

static bool is_of_library(const void *caller) {
  return (uintptr_t)caller >= library_start && (uintptr_t)caller < library_end;
}

void faults_begin(const fault *fault) {
  if (!library_start) dl_iterate_phdr(find_library, NULL);
  now = *fault;
  asked = met = 0;
  half = false;
  unsynced = 0;
  unsynced_names = early_renames = 0;
  active = true;
}

long faults_end(void) {
  active = false;
  return asked;
}

long faults_met(void) { return met; }
int faults_early_renames(void) { return early_renames; }
int faults_late_names(void) { return unsynced_names; }
long faults_blocks(void) { return blocks; }
long faults_bytes(void) { return bytes; }

/* Whether a request of this kind is one that is not granted. */
static bool is_met(int kind) {
  if (!active || !(now.kinds & kind)) return false;
  const long number = ++asked;
  if (now.first == 0 || number < now.first || (number > now.first && !now.lasts)) return false;
  met++;
  return true;
}

/* The same for what has an error or ends the process. */
static bool is_refused(int kind) {
  if (!is_met(kind)) return false;
  if (now.effect == FAULT_DIE || now.effect == FAULT_TEAR) syscall(SYS_exit_group, 0);
  if (now.error == 0) return false;
  errno = now.error;
  return true;
}

/* ---- Memory ---- */

static int kind_of(const void *caller, bool is_own) {
  return !is_of_library(caller) ? FAULT_OTHERS : is_own ? FAULT_BLOCKS : FAULT_RUNTIME;
}

static bool has_no_memory(int kind) {
  if (!is_met(kind)) return false;
  errno = ENOMEM;
  return true;
}

static void *counted(void *block) {
  if (!block) return NULL;
  blocks++;
  bytes += (long)malloc_usable_size(block);
  return block;
}

static void uncount(void *block) {
  if (!block) return;
  blocks--;
  bytes -= (long)malloc_usable_size(block);
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size) {
  return has_no_memory(kind_of(CALLER, false)) ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
  return has_no_memory(kind_of(CALLER, false)) ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size) {
  if (has_no_memory(kind_of(CALLER, false))) return NULL;
  if (block && size) {
    const long before = (long)malloc_usable_size(block);
    void *moved = __libc_realloc(block, size);
    if (moved) bytes += (long)malloc_usable_size(moved) - before;
    return moved;
  }
  uncount(block);
  return counted(__libc_realloc(block, size));
}

/* The library's own blocks are aligned to 64 bytes; nothing of its language is. */
int posix_memalign(void **block, size_t alignment, size_t size) {
  if (has_no_memory(kind_of(CALLER, alignment == 64))) return ENOMEM;
  void *made = __libc_memalign(alignment, size);
  if (!made) return ENOMEM;
  *block = counted(made);
  return 0;
}

void *aligned_alloc(size_t alignment, size_t size) {
  return has_no_memory(kind_of(CALLER, alignment == 64)) ? NULL : counted(__libc_memalign(alignment, size));
}

void *memalign(size_t alignment, size_t size) {
  return has_no_memory(kind_of(CALLER, alignment == 64)) ? NULL : counted(__libc_memalign(alignment, size));
}

void free(void *block) {
  const int error = errno; /* free keeps it */
  uncount(block);
  __libc_free(block);
  errno = error;
}

void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset) {
  const bool is_memory = (flags & MAP_ANONYMOUS) != 0;
  if (is_memory && has_no_memory(kind_of(CALLER, true))) return MAP_FAILED;
  void *start = (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
  if (start != MAP_FAILED) bytes += (long)((size + 4095) / 4096 * 4096);
  return start;
}

void *mmap64(void *address, size_t size, int protection, int flags, int file, off_t offset) {
  return mmap(address, size, protection, flags, file, offset);
}

int munmap(void *address, size_t size) {
  const int status = (int)syscall(SYS_munmap, address, size);
  if (status == 0) bytes -= (long)((size + 4095) / 4096 * 4096);
  return status;
}

/* ---- Files ---- */

static int open_at(const char *path, int flags, mode_t mode) {
  if (is_refused(FAULT_OPEN)) return -1;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_at(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_at(path, flags, mode);
}

/* How much of `count` is done: all, a part, or none (-1) with its error. */
static ssize_t granted(int kind, size_t count) {
  if (!active || !(now.kinds & kind)) return (ssize_t)count;
  if (now.effect == FAULT_SHORT || now.effect == FAULT_TEAR) {
    if (half && now.error) return errno = now.error, -1;
    if (!is_met(kind)) return (ssize_t)count;
    half = true;
    return count > 1 ? (ssize_t)(count / 2) : (ssize_t)count;
  }
  return is_refused(kind) ? -1 : (ssize_t)count;
}

static void end_if_torn(void) {
  if (half && now.effect == FAULT_TEAR) syscall(SYS_exit_group, 0);
}

ssize_t read(int file, void *buffer, size_t count) {
  const ssize_t part = granted(FAULT_READ, count);
  return part < 0 ? -1 : syscall(SYS_read, file, buffer, (size_t)part);
}

ssize_t pread(int file, void *buffer, size_t count, off_t offset) {
  const ssize_t part = granted(FAULT_READ, count);
  return part < 0 ? -1 : syscall(SYS_pread64, file, buffer, (size_t)part, offset);
}

ssize_t pread64(int file, void *buffer, size_t count, off_t offset) { return pread(file, buffer, count, offset); }

ssize_t write(int file, const void *buffer, size_t count) {
  struct stat info;
  if (active && fstat(file, &info) == 0) unsynced = info.st_ino;
  const ssize_t part = granted(FAULT_WRITE, count);
  if (part < 0) return -1;
  const ssize_t done = syscall(SYS_write, file, buffer, (size_t)part);
  end_if_torn();
  return done;
}

ssize_t pwrite(int file, const void *buffer, size_t count, off_t offset) {
  const ssize_t part = granted(FAULT_WRITE, count);
  if (part < 0) return -1;
  const ssize_t done = syscall(SYS_pwrite64, file, buffer, (size_t)part, offset);
  end_if_torn();
  return done;
}

ssize_t pwrite64(int file, const void *buffer, size_t count, off_t offset) { return pwrite(file, buffer, count, offset); }

int fsync(int file) {
  struct stat info;
  if (is_refused(FAULT_SYNC)) return -1;
  if (fstat(file, &info) == 0) {
    if (S_ISDIR(info.st_mode)) unsynced_names = 0;
    else if (info.st_ino == unsynced) unsynced = 0;
  }
  return (int)syscall(SYS_fsync, file);
}
int fdatasync(int file) { return is_refused(FAULT_SYNC) ? -1 : (int)syscall(SYS_fdatasync, file); }
int ftruncate(int file, off_t length) { return is_refused(FAULT_TRUNCATE) ? -1 : (int)syscall(SYS_ftruncate, file, length); }
int ftruncate64(int file, off_t length) { return ftruncate(file, length); }
int rename(const char *from, const char *to) {
  struct stat info;
  if (is_refused(FAULT_RENAME)) return -1;
  if (stat(from, &info) == 0 && info.st_ino == unsynced) early_renames++;
  unsynced_names++;
  return (int)syscall(SYS_rename, from, to);
}
int unlink(const char *path) { return is_refused(FAULT_REMOVE) ? -1 : (int)syscall(SYS_unlink, path); }

/* ---- Threads ---- */

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *), void *argument) {
  static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
  if (is_met(FAULT_THREAD)) return EAGAIN;
  if (!real) *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
  return real(thread, attributes, body, argument);
}
