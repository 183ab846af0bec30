/* Memory for objects, arrays and texts when the system has none: Swift ends the process when such a request is refused.
 *
 * The library is linked with --wrap for malloc and its like, so that these calls of the runtime that it contains come
 * here (Tensors/Host/Reserve.swift). What the system refuses is cut from a block that exists from the start and takes no
 * page until it is used. The call goes on to the next place that can fail and fails there, which gives it back.
 *
 * Their bytes are counted here, too. A block that the C library gave by itself (realpath) is not: it goes back by
 * __real_free. */
#ifndef CRESERVE_H
#define CRESERVE_H

#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern void *__real_malloc(size_t);
extern void *__real_calloc(size_t, size_t);
extern void *__real_realloc(void *, size_t);
extern int __real_posix_memalign(void **, size_t, size_t);
extern void *__real_aligned_alloc(size_t, size_t);
extern void __real_free(void *);
extern size_t __real_malloc_usable_size(void *);

enum { reserveGrain = 64, reserveGrains = 1 << 14 }; /* 1 MB */

typedef struct Reserve {
  _Alignas(reserveGrain) char bytes[reserveGrains][reserveGrain];
  uint16_t length[reserveGrains]; /* in grains, of the block that begins there; 0: none does */
  long used;                      /* grains */
  long isShort;                   /* the system has refused since it was last asked */
  pthread_mutex_t mutex;
} Reserve;

/* Weak, so that the linker keeps one: each Swift module that compiles the functions below brings its own. */
__attribute__((weak, visibility("hidden"))) Reserve systemTheReserve = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static inline Reserve *systemReserve(void) { return &systemTheReserve; }

static inline void systemReserveLock(void) { pthread_mutex_lock(&systemReserve()->mutex); }
static inline void systemReserveUnlock(void) { pthread_mutex_unlock(&systemReserve()->mutex); }

static inline int systemReserveHas(const void *block) {
  const Reserve *reserve = systemReserve();
  return (uintptr_t)block - (uintptr_t)reserve->bytes < sizeof reserve->bytes;
}

/* The first gap that is wide enough; NULL if there is none. */
static inline void *systemReserveTake(size_t size, size_t alignment) {
  Reserve *reserve = systemReserve();
  const long wanted = size == 0 ? 1 : (long)((size - 1) / reserveGrain + 1);
  if (size > sizeof reserve->bytes || alignment > reserveGrain) return NULL;
  void *block = NULL;
  systemReserveLock();
  __atomic_store_n(&reserve->isShort, 1, __ATOMIC_RELAXED);
  for (long start = 0, end = 0; start + wanted <= reserveGrains; start = end) {
    for (end = start; end < reserveGrains && end - start < wanted && reserve->length[end] == 0;) end++;
    if (end - start == wanted) {
      reserve->length[start] = (uint16_t)wanted;
      reserve->used += wanted;
      block = reserve->bytes[start];
      break;
    }
    if (end < reserveGrains) end += reserve->length[end];
  }
  systemReserveUnlock();
  return block;
}

static inline size_t systemReserveSize(const void *block) {
  const Reserve *reserve = systemReserve();
  return (size_t)reserve->length[((uintptr_t)block - (uintptr_t)reserve->bytes) / reserveGrain] * reserveGrain;
}

static inline void systemReserveGive(const void *block) {
  Reserve *reserve = systemReserve();
  const size_t start = ((uintptr_t)block - (uintptr_t)reserve->bytes) / reserveGrain;
  systemReserveLock();
  reserve->used -= reserve->length[start];
  reserve->length[start] = 0;
  systemReserveUnlock();
}

/* Whether the system has refused a block and still refuses one of the reserve's size. */
static inline int systemIsShortOfMemory(void) {
  Reserve *reserve = systemReserve();
  if (!__atomic_load_n(&reserve->isShort, __ATOMIC_RELAXED)) return 0;
  void *block = __real_malloc(sizeof reserve->bytes);
  if (!block) return 1;
  __real_free(block);
  __atomic_store_n(&reserve->isShort, 0, __ATOMIC_RELAXED);
  return 0;
}

/* ---- What the library holds ---- */

/* Bytes of all blocks: those of the functions below, and those of Tensors/Host/Memory.swift. */
typedef struct Holdings {
  _Alignas(64) long now; /* a cache line of its own: every block changes it */
  long most;             /* at one moment */
  long limit;            /* the host's own */
} Holdings;

__attribute__((weak, visibility("hidden"))) Holdings systemTheHoldings = {.limit = LONG_MAX};

static inline long systemHeld(void) { return __atomic_load_n(&systemTheHoldings.now, __ATOMIC_RELAXED); }
static inline long systemMostHeld(void) { return __atomic_load_n(&systemTheHoldings.most, __ATOMIC_RELAXED); }
static inline void systemForgetMostHeld(void) { __atomic_store_n(&systemTheHoldings.most, systemHeld(), __ATOMIC_RELAXED); }
static inline long systemMayHold(void) { return __atomic_load_n(&systemTheHoldings.limit, __ATOMIC_RELAXED); }
static inline void systemSetMayHold(long bytes) { __atomic_store_n(&systemTheHoldings.limit, bytes, __ATOMIC_RELAXED); }

static inline void systemHold(long bytes) {
  const long now = __atomic_add_fetch(&systemTheHoldings.now, bytes, __ATOMIC_RELAXED);
  long most = systemMostHeld();
  while (now > most && !__atomic_compare_exchange_n(&systemTheHoldings.most, &most, now, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

static inline void systemLetGo(long bytes) { __atomic_fetch_sub(&systemTheHoldings.now, bytes, __ATOMIC_RELAXED); }

/* The C library's heap, too, keeps what is freed for the next request. */
static inline void systemTrimHeap(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

/* ---- In place of the C library's functions ---- */

static inline size_t systemBlockSize(void *block) {
  return systemReserveHas(block) ? systemReserveSize(block) : __real_malloc_usable_size(block);
}

static inline void *systemCounted(void *block) {
  if (block) systemHold((long)systemBlockSize(block));
  return block;
}

static inline void *systemMalloc(size_t size) {
  void *block = __real_malloc(size);
  return systemCounted(block ? block : systemReserveTake(size, 1));
}

static inline void *systemCalloc(size_t count, size_t size) {
  void *block = __real_calloc(count, size);
  size_t bytes;
  if (block || __builtin_mul_overflow(count, size, &bytes)) return systemCounted(block);
  block = systemCounted(systemReserveTake(bytes, 1));
  return block ? memset(block, 0, bytes) : NULL;
}

static inline int systemAlign(void **out, size_t alignment, size_t size) {
  void *block = NULL;
  const int status = __real_posix_memalign(&block, alignment, size);
  if (status != 0) block = systemReserveTake(size, alignment);
  if (!block) return status;
  *out = systemCounted(block);
  return 0;
}

static inline void *systemAlignedBlock(size_t alignment, size_t size) {
  void *block = __real_aligned_alloc(alignment, size);
  return systemCounted(block ? block : systemReserveTake(size, alignment));
}

static inline char *systemCopy(const char *text) {
  const size_t size = strlen(text) + 1;
  char *copy = (char *)systemMalloc(size);
  return copy ? (char *)memcpy(copy, text, size) : NULL;
}

static inline void systemFree(void *block) {
  if (!block) return;
  systemLetGo((long)systemBlockSize(block));
  if (systemReserveHas(block)) systemReserveGive(block);
  else __real_free(block);
}

static inline void *systemRealloc(void *block, size_t size) {
  if (!systemReserveHas(block)) {
    const long old = block ? (long)__real_malloc_usable_size(block) : 0;
    void *moved = __real_realloc(block, size);
    if (moved || size == 0) {
      if (old) systemLetGo(old);
      return systemCounted(moved);
    }
  }
  void *moved = systemMalloc(size);
  if (!moved || !block) return moved;
  const size_t old = systemBlockSize(block);
  memcpy(moved, block, old < size ? old : size);
  systemFree(block);
  return moved;
}

#endif
