/* What the C library refuses on request: the N-th allocation, write, thread, ... of this process. */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>

/* Whose requests are counted. */
enum {
  FAULT_BLOCKS = 1,  /* memory for numbers: what the library takes by its own hand */
  FAULT_RUNTIME = 2, /* memory for objects, arrays and texts: what its language takes */
  FAULT_OTHERS = 4,  /* memory of the libraries that it calls: codecs, the database, the C library */
  FAULT_MEMORY = 7,
  FAULT_OPEN = 8,
  FAULT_READ = 16,
  FAULT_WRITE = 32,
  FAULT_SYNC = 64,   /* fsync, fdatasync */
  FAULT_RENAME = 128,
  FAULT_THREAD = 256,
  FAULT_TRUNCATE = 512,
  FAULT_REMOVE = 1024
};

/* What happens then. */
enum {
  FAULT_FAIL,  /* it is refused with `error` */
  FAULT_SHORT, /* half of a read or a write is done, the next one is refused with `error` */
  FAULT_DIE,   /* the process is gone before it is done */
  FAULT_TEAR   /* the process is gone after half of a write */
};

typedef struct fault {
  int kinds;   /* of the first list */
  int effect;  /* of the second */
  int error;   /* errno; 0: only a short read or write, which is no error */
  long first;  /* the number of the request, from 1; 0: none, they are only counted */
  bool lasts;  /* all that follow, too */
} fault;

void faults_begin(const fault *fault);
/* How many requests of these kinds there were; ends what was begun. */
long faults_end(void);
/* How many were not granted since faults_begin. */
long faults_met(void);
/* Since faults_begin: files that got a name before their last bytes were on the disk, and folders that were not synced
 * after that. */
int faults_early_renames(void);
int faults_late_names(void);
/* Blocks of memory that are in use now, and their bytes, whoever has them. */
long faults_blocks(void);
long faults_bytes(void);

#endif
