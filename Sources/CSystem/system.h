/* Wrappers of the C library and the processor for Swift. */
#ifndef CSYSTEM_H
#define CSYSTEM_H

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if defined(__aarch64__)
#include <arm_neon.h>
#endif

/* The sweep of a convolution or pooling window over a picture in NHWC order. Lengths in elements.
 * Plain C, so that every build of the kernels shares one type. */
typedef struct Window {
  long batch, height, width, channels; /* the input */
  long kernelHeight, kernelWidth;
  long strideY, strideX;
  long padTop, padLeft; /* zeros before the first row and column; pixels past the end are zero too */
  long outHeight, outWidth;
} Window;

/* Applied to a sum before it is stored, per column: bias, then activation. */
enum { activationNone = 0, activationRectifier = 1, activationParametric = 2 /* slope[column] below zero */ };
typedef struct Epilogue {
  const float *bias;   /* may be NULL */
  const float *slopes; /* for activationParametric */
  long activation;
} Epilogue;

/* The input of a convolution. Only values: the picture. With gate, in the same layout: values where gate > 0,
 * else 0, which is the gradient behind a rectifier. With codes: the gradient behind a rectifier and a 2x2
 * pooling; values and codes then belong to the pooled picture. */
typedef struct Source {
  const float *values;
  const float *gate;          /* may be NULL */
  const unsigned char *codes; /* may be NULL; see Target */
  long pooling;               /* its kind, if there are codes */
} Source;

enum { poolingNone = 0, poolingAverage = 1, poolingMaximum = 2, poolingEuclidean = 3 };

/* The output of a convolution. Pooling here is 2x2 with stride 2; windows may extend past the edge. */
typedef struct Target {
  float *values;
  long stride;          /* distance between pixels */
  long accumulate;      /* not 0: add to what is there, before the activation */
  long pooling;         /* not poolingNone: pools the result */
  unsigned char *codes; /* NULL, or 4 bits per pooled number: bit 2 i + j if the gradient flows to (i, j) */
} Target;

/* Rows of numbers in 8 bits, with which `Sources/Kernels/Sieve.swift` bounds distances: row i is
 * scales[i] * codes[i * dimension ...], and as far as losses[i] from the row that it stands for. */
typedef struct Sieve {
  const signed char *codes;
  const float *scales, *losses;
  const float *lows; /* |scale * code|^2 - loss^2, lowered by the roundings; -infinity for a row without a bound */
  long dimension;
} Sieve;

/* How many queries stand side by side in a vector, their number's divisor, how many dimensions a step takes,
 * and the largest number of a query: see Sources/Kernels/SieveMany.swift. */
typedef struct SieveShape {
  long lanes, columns, group, most;
} SieveShape;

/* What a query asks of a row: see Sources/Kernels/Sieve.swift. */
typedef struct Gate {
  float reach, scale, limit;
} Gate;

/* The best build of the kernels that this processor runs. */
enum { systemBaseline = 0, systemAVX2 = 1, systemAVX512 = 2 };

#if defined(__x86_64__)
#include <cpuid.h>

static inline unsigned long long systemEnabledState(void) {
  unsigned low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return ((unsigned long long)high << 32) | low;
}

/* CPUID rather than __builtin_cpu_supports: it needs no runtime library, and valgrind emulates it. */
static inline int systemProcessorLevel(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return systemBaseline;
  const unsigned fma = 1u << 12, movbe = 1u << 22, osxsave = 1u << 27, avx = 1u << 28, f16c = 1u << 29;
  const unsigned first = fma | movbe | osxsave | avx | f16c;
  if ((c & first) != first) return systemBaseline;
  const unsigned long long state = systemEnabledState();
  if ((state & 0x6) != 0x6) return systemBaseline; /* the kernel saves XMM and YMM registers */
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return systemBaseline;
  const unsigned bmi1 = 1u << 3, avx2 = 1u << 5, bmi2 = 1u << 8;
  if ((b & (bmi1 | avx2 | bmi2)) != (bmi1 | avx2 | bmi2)) return systemBaseline;
  const unsigned f = 1u << 16, dq = 1u << 17, cd = 1u << 28, bw = 1u << 30, vl = 1u << 31;
  if ((b & (f | dq | cd | bw | vl)) != (f | dq | cd | bw | vl)) return systemAVX2;
  return (state & 0xe6) == 0xe6 ? systemAVX512 : systemAVX2;
}
/* Whether a processor with AVX-512 multiplies bytes in one step. */
static inline int systemHasVNNI(void) {
  unsigned a, b, c, d;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & 1u << 11) != 0;
}
#else
static inline int systemProcessorLevel(void) { return systemBaseline; }
#endif

/* ---- The processor's floating-point state: rounding, subnormal numbers, exceptions that trap. ----
 *
 * One number holds the control words and the flags of exceptions that have occurred; rarely used parts are in
 * the high bits. */

#if defined(__x86_64__)
enum { systemControlOfSSE = 0x1f80, systemFlagsOfSSE = 0x3f, systemControlOfX87 = 0x37f, systemFlagsOfX87 = 0x3f };

/* MXCSR in bits 0 to 31, the x87 control word in 32 to 47, the flags of its status word in 48 to 53. */
static inline unsigned long long systemFloatState(void) {
  unsigned sse;
  unsigned short x87, status;
  __asm__ volatile("stmxcsr %0" : "=m"(sse));
  __asm__ volatile("fnstcw %0" : "=m"(x87));
  __asm__ volatile("fnstsw %0" : "=a"(status));
  return sse | (unsigned long long)x87 << 32 | (unsigned long long)(status & systemFlagsOfX87) << 48;
}

/* Writes a register only if it differs: reading is fast, writing is slow. */
static inline void systemSetFloatState(unsigned long long state) {
  const unsigned long long now = systemFloatState();
  const unsigned sse = (unsigned)state;
  if (sse != (unsigned)now) __asm__ volatile("ldmxcsr %0" : : "m"(sse));
  if (state >> 32 != now >> 32) {
    /* Loads the whole environment: loading only the control word would make pending flags trap at once. */
    struct { unsigned short control, unused, status, more[11]; } environment;
    __asm__ volatile("fnstenv %0" : "=m"(environment));
    environment.control = (unsigned short)(state >> 32);
    environment.status = (unsigned short)((environment.status & ~0x80bf) | (state >> 48 & systemFlagsOfX87));
    __asm__ volatile("fldenv %0" : : "m"(environment));
  }
}

/* Sets the state in which the C library starts a program: round to nearest, keep subnormal numbers, no traps.
 * Leaves the flags. */
static inline void systemUseStandardFloats(void) {
  const unsigned long long now = systemFloatState();
  const unsigned long long flags = systemFlagsOfSSE | (unsigned long long)systemFlagsOfX87 << 48;
  systemSetFloatState(systemControlOfSSE | (unsigned long long)systemControlOfX87 << 32 | (now & flags));
}
#elif defined(__aarch64__)
/* FPCR in bits 0 to 31, FPSR in 32 to 63. */
static inline unsigned long long systemFloatState(void) {
  unsigned long long control, status;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control));
  __asm__ volatile("mrs %0, fpsr" : "=r"(status));
  return (control & 0xffffffffu) | status << 32;
}
static inline void systemSetFloatState(unsigned long long state) {
  const unsigned long long now = systemFloatState(), control = state & 0xffffffffu, status = state >> 32;
  if (control != (now & 0xffffffffu)) __asm__ volatile("msr fpcr, %0" : : "r"(control));
  if (status != now >> 32) __asm__ volatile("msr fpsr, %0" : : "r"(status));
}
static inline void systemUseStandardFloats(void) { systemSetFloatState(systemFloatState() >> 32 << 32); }
#else
static inline unsigned long long systemFloatState(void) { return 0; }
static inline void systemSetFloatState(unsigned long long state) { (void)state; }
static inline void systemUseStandardFloats(void) {}
#endif

/* ---- What this process may use ---- */

enum { systemMostProcessors = 8192 };

/* The number of processors that this thread may run on; 0 if unknown. */
static inline long systemAllowedProcessors(void) {
  unsigned long mask[systemMostProcessors / (8 * sizeof(unsigned long))];
  const long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  long count = 0;
  for (long i = 0; i < bytes / (long)sizeof mask[0]; i++) count += __builtin_popcountl(mask[i]);
  return count;
}

/* Pins this thread to the first processor that it may run on. */
static inline void systemKeepToOneProcessor(void) {
  unsigned long mask[systemMostProcessors / (8 * sizeof(unsigned long))];
  const long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  if (bytes <= 0) return;
  int isFound = 0;
  for (long i = 0; i < bytes / (long)sizeof mask[0]; i++) {
    mask[i] = isFound ? 0 : mask[i] & -mask[i];
    isFound |= mask[i] != 0;
  }
  syscall(SYS_sched_setaffinity, 0, (unsigned long)bytes, mask);
}

/* A resource limit of this process; LONG_MAX if unlimited. */
static inline long systemLimit(int which) {
  struct rlimit limit;
  if (getrlimit((__typeof__(RLIMIT_AS))which, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return __LONG_MAX__;
  return limit.rlim_cur > __LONG_MAX__ ? __LONG_MAX__ : (long)limit.rlim_cur;
}
static inline long systemAddressSpaceLimit(void) { return systemLimit(RLIMIT_AS); }
static inline long systemDataLimit(void) { return systemLimit(RLIMIT_DATA); }

/* Whether byteCount bytes of address space can be mapped now. */
static inline int systemHasAddresses(size_t byteCount) {
  void *start = mmap(NULL, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) return 0;
  munmap(start, byteCount);
  return 1;
}

/* The double nearest to a decimal number, whose point is a point whatever the host's locale. */
static inline double systemDecimal(const char *text) {
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* static: it needs no memory */
  locale_t host = uselocale(plain);
  double value = strtod(text, NULL);
  uselocale(host);
  freelocale(plain);
  return value;
}

/* The reason why the last library was not loaded. */
static inline const char *systemLoadError(void) {
  const char *text = dlerror();
  return text ? text : "";
}

#if defined(__linux__) && !defined(_GNU_SOURCE)
/* As in dlfcn.h, which declares them for _GNU_SOURCE only. */
typedef struct { const char *dli_fname; void *dli_fbase; const char *dli_sname; void *dli_saddr; } Dl_info;
extern int dladdr(const void *address, Dl_info *info);
#endif

/* The file that this code was loaded from, as the loader found it; NULL if unknown. */
static inline const char *systemLibraryFile(void) {
  static const char here = 0;
  Dl_info info;
  return dladdr(&here, &info) ? info.dli_fname : NULL;
}

/* Not available in Swift. Any address is safe. */
static inline void systemPrefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/* Maps zeroed pages, huge ones if available, aligned to a huge page. NULL if the system refuses. */
static inline void *systemMap(size_t byteCount) {
  const size_t huge = (size_t)2 << 20, page = (size_t)sysconf(_SC_PAGESIZE);
  const size_t used = (byteCount + page - 1) / page * page;
  char *start = (char *)mmap(NULL, used + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if ((void *)start == MAP_FAILED) return NULL;
  const size_t before = (huge - (size_t)start % huge) % huge;
  if (before > 0) munmap(start, before);
  munmap(start + before + used, huge - before);
  madvise(start + before, used, MADV_HUGEPAGE);
  return start + before;
}

/* Whole numbers of 8 and 16 bits in vectors of 8, 16 and 32 lanes. Each build of the kernels uses one width,
 * by Sources/Kernels/WholeNumbers.swift; every build declares all, as Embedded Swift reads the kernels of others. */
#define SYSTEM_LANES 8
#include "vectors.h"
#if defined(__x86_64__)
#define SYSTEM_LANES 16
#include "vectors.h"
#define SYSTEM_LANES 32
#include "vectors.h"
#endif

/* Does not set errno, so that loops vectorise; those with Swift's squareRoot() do not. */
static inline float systemSquareRoot(float x) { return __builtin_elementwise_sqrt(x); }

/* log(gamma(x)) for x > 0, without the global variable in which lgamma returns the sign. */
static inline double systemLogGamma(double x) {
  int sign;
  return lgamma_r(x, &sign);
}

/* errno is a macro, which Swift does not import. */
static inline int systemError(void) { return errno; }
/* open() is variadic, which Swift cannot call. */
static inline int systemOpenForReading(const char *path) { return open(path, O_RDONLY | O_CLOEXEC); }
static inline int systemCreate(const char *path) {
  return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}
/* Opens a folder for listing; with `follows` 0 refuses a symbolic link. */
static inline DIR *systemOpenFolder(const char *path, int follows) {
  const int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW));
  if (file < 0) return NULL;
  DIR *folder = fdopendir(file);
  if (!folder) close(file);
  return folder;
}
/* Returns the next name, valid until the next call; NULL at the end, or on failure, with errno not 0. */
static inline const char *systemNextName(DIR *folder) {
  errno = 0;
  const struct dirent *entry = readdir(folder);
  return entry ? entry->d_name : NULL;
}
static inline int systemIsLink(mode_t mode) { return S_ISLNK(mode); }
static inline int systemIsRegular(mode_t mode) { return S_ISREG(mode); }
static inline int systemIsDirectory(mode_t mode) { return S_ISDIR(mode); }
/* Behaves like the POSIX strerror_r also where the GNU one is in use. */
static inline void systemDescribe(int number, char *buffer, size_t capacity) {
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
  const char *text = strerror_r(number, buffer, capacity);
  if (text != buffer) {
    strncpy(buffer, text, capacity - 1);
    buffer[capacity - 1] = 0;
  }
#else
  if (strerror_r(number, buffer, capacity) != 0) buffer[0] = 0;
#endif
}
/* A number that one thread writes and others watch. */
static inline void systemPublish(long *number, long value) { __atomic_store_n(number, value, __ATOMIC_RELEASE); }
static inline long systemWatch(const long *number) { return __atomic_load_n(number, __ATOMIC_ACQUIRE); }

/* Lets the processor rest for a moment, or gives its other thread more room. */
static inline void systemPause(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

#endif
