/* Vectors of SYSTEM_LANES whole numbers, and of half as many floats, for system.h, which includes this file for each width. Swift's own vectors widen and
 * narrow them one by one, in functions that builds of the kernels would share. Where a build lacks an instruction its
 * definition is spelled out: Embedded Swift compiles the kernels of others once more, for a copy that the linker drops. */
#define SYSTEM_GLUE(name, lanes) name##lanes
#define SYSTEM_OF_LANES(name, lanes) SYSTEM_GLUE(name, lanes)
#define SYSTEM_NAME(name) SYSTEM_OF_LANES(name, SYSTEM_LANES)
#define SYSTEM_INLINED static inline __attribute__((always_inline))

typedef signed char SYSTEM_NAME(SystemBytes) __attribute__((ext_vector_type(SYSTEM_LANES)));
typedef short SYSTEM_NAME(SystemShorts) __attribute__((ext_vector_type(SYSTEM_LANES)));
typedef int SYSTEM_NAME(SystemWideShorts) __attribute__((ext_vector_type(SYSTEM_LANES)));
typedef int SYSTEM_NAME(SystemInts) __attribute__((ext_vector_type(SYSTEM_LANES / 2)));
typedef float SYSTEM_NAME(SystemFloats) __attribute__((ext_vector_type(SYSTEM_LANES / 2)));
typedef signed char SYSTEM_NAME(SystemHalfBytes) __attribute__((ext_vector_type(SYSTEM_LANES / 2)));
typedef char SYSTEM_NAME(SystemOctets) __attribute__((vector_size(2 * SYSTEM_LANES)));
typedef _Bool SYSTEM_NAME(SystemBits) __attribute__((ext_vector_type(SYSTEM_LANES / 2)));

#if SYSTEM_LANES == 16
typedef float SystemPacked16 __attribute__((vector_size(32)));
/* All bits of the first `count` lanes. */
SYSTEM_INLINED SystemInts16 systemFirst16(long count) {
  const SystemInts16 lanes = {0, 1, 2, 3, 4, 5, 6, 7}, limit = (int)count;
  return lanes < limit;
}
#endif

SYSTEM_INLINED SYSTEM_NAME(SystemShorts) SYSTEM_NAME(systemWiden)(const signed char *bytes) {
  SYSTEM_NAME(SystemBytes) some;
  __builtin_memcpy(&some, bytes, sizeof some);
  return __builtin_convertvector(some, SYSTEM_NAME(SystemShorts));
}
/* sums[i] + a[2 i] * b[2 i] + a[2 i + 1] * b[2 i + 1]: one instruction for the products and their sum. */
SYSTEM_INLINED SYSTEM_NAME(SystemInts) SYSTEM_NAME(systemAddPairs)(
    SYSTEM_NAME(SystemInts) sums, SYSTEM_NAME(SystemShorts) a, SYSTEM_NAME(SystemShorts) b) {
#if defined(__aarch64__)
  /* Two for the products and one for the sums of neighbours, which the compiler would take apart. */
  return sums + (SYSTEM_NAME(SystemInts))vpaddq_s32(vmull_s16(vget_low_s16(a), vget_low_s16(b)), vmull_high_s16(a, b));
#else
  const SYSTEM_NAME(SystemWideShorts) products =
      __builtin_convertvector(a, SYSTEM_NAME(SystemWideShorts)) * __builtin_convertvector(b, SYSTEM_NAME(SystemWideShorts));
  return sums + (products.even + products.odd);
#endif
}
#if SYSTEM_LANES == 8
/* sums[i] + two products: of the halves of i and of those of `numbers`. */
SYSTEM_INLINED SYSTEM_NAME(SystemInts) SYSTEM_NAME(systemAddGroup)(
    SYSTEM_NAME(SystemInts) sums, SYSTEM_NAME(SystemInts) halves, int numbers) {
  const SYSTEM_NAME(SystemInts) all = numbers;
  SYSTEM_NAME(SystemShorts) a, b;
  __builtin_memcpy(&a, &halves, sizeof a);
  __builtin_memcpy(&b, &all, sizeof b);
  return SYSTEM_NAME(systemAddPairs)(sums, a, b);
}
#else
/* sums[i] + two products: of bytes 2 i and 2 i + 1, with sign, and of those of `numbers`, without. */
SYSTEM_INLINED SYSTEM_NAME(SystemShorts) SYSTEM_NAME(systemAddPairsOfBytes)(
    SYSTEM_NAME(SystemShorts) sums, SYSTEM_NAME(SystemInts) bytes, int numbers) {
  const SYSTEM_NAME(SystemInts) all = numbers;
  SYSTEM_NAME(SystemOctets) a, b;
  __builtin_memcpy(&a, &all, sizeof a);
  __builtin_memcpy(&b, &bytes, sizeof b);
#if SYSTEM_LANES == 32 && defined(__AVX512BW__)
  return sums + __builtin_ia32_pmaddubsw512(a, b);
#elif SYSTEM_LANES == 16 && defined(__AVX2__)
  return sums + __builtin_ia32_pmaddubsw256(a, b);
#else
  for (int i = 0; i < SYSTEM_LANES; i++)
    sums[i] = (short)(sums[i] + (unsigned char)a[2 * i] * (signed char)b[2 * i] +
                      (unsigned char)a[2 * i + 1] * (signed char)b[2 * i + 1]);
  return sums;
#endif
}
/* sums[i] + numbers[2 i] + numbers[2 i + 1]. The compiler would take products with 1 apart. */
SYSTEM_INLINED SYSTEM_NAME(SystemInts) SYSTEM_NAME(systemAddHalves)(
    SYSTEM_NAME(SystemInts) sums, SYSTEM_NAME(SystemShorts) numbers) {
  const SYSTEM_NAME(SystemShorts) ones = 1;
#if SYSTEM_LANES == 32 && defined(__AVX512BW__)
  return sums + __builtin_ia32_pmaddwd512(numbers, ones);
#elif SYSTEM_LANES == 16 && defined(__AVX2__)
  return sums + __builtin_ia32_pmaddwd256(numbers, ones);
#else
  return SYSTEM_NAME(systemAddPairs)(sums, numbers, ones);
#endif
}
#endif
#if SYSTEM_LANES == 32
/* sums[i] + four products: of the bytes of i, with sign, and of the bytes of `numbers`, without. */
SYSTEM_INLINED SystemInts32 systemAddBytes32(SystemInts32 sums, SystemInts32 bytes, int numbers) {
  const SystemInts32 all = numbers;
#if defined(__AVX512VNNI__)
  return __builtin_ia32_vpdpbusd512(sums, all, bytes);
#else
  SystemOctets32 a, b;
  __builtin_memcpy(&a, &all, sizeof a);
  __builtin_memcpy(&b, &bytes, sizeof b);
  for (int i = 0; i < 64; i++) sums[i / 4] += (unsigned char)a[i] * (signed char)b[i];
  return sums;
#endif
}
#endif
SYSTEM_INLINED SYSTEM_NAME(SystemFloats) SYSTEM_NAME(systemFloats)(SYSTEM_NAME(SystemInts) numbers) {
  return __builtin_convertvector(numbers, SYSTEM_NAME(SystemFloats));
}
SYSTEM_INLINED SYSTEM_NAME(SystemInts) SYSTEM_NAME(systemInts)(SYSTEM_NAME(SystemFloats) numbers) {
  return __builtin_convertvector(numbers, SYSTEM_NAME(SystemInts));
}
/* A bit for each a that is not above its b, NaN too; the first is the lowest. */
SYSTEM_INLINED unsigned SYSTEM_NAME(systemNotAbove)(SYSTEM_NAME(SystemFloats) a, SYSTEM_NAME(SystemFloats) b) {
  const SYSTEM_NAME(SystemBits) above = __builtin_convertvector(a > b, SYSTEM_NAME(SystemBits));
#if SYSTEM_LANES == 32
  unsigned short bits;
#else
  unsigned char bits;
#endif
  __builtin_memcpy(&bits, &above, sizeof bits);
  return ~bits & ((1u << (SYSTEM_LANES / 2)) - 1);
}
SYSTEM_INLINED void SYSTEM_NAME(systemStoreBytes)(signed char *bytes, SYSTEM_NAME(SystemInts) numbers) {
  const SYSTEM_NAME(SystemHalfBytes) some = __builtin_convertvector(numbers, SYSTEM_NAME(SystemHalfBytes));
  __builtin_memcpy(bytes, &some, sizeof some);
}

/* The first `count` numbers, below a vector's, followed by zeros; reads nothing beyond them. */
SYSTEM_INLINED SYSTEM_NAME(SystemFloats) SYSTEM_NAME(systemLoadPart)(const float *numbers, long count) {
#if SYSTEM_LANES == 32 && defined(__AVX512F__)
  return __builtin_ia32_loadups512_mask(numbers, (SystemFloats32)0.0f, (unsigned short)((1u << count) - 1));
#elif SYSTEM_LANES == 16 && defined(__AVX2__)
  return __builtin_ia32_maskloadps256((const SystemPacked16 *)numbers, systemFirst16(count));
#else
  SYSTEM_NAME(SystemFloats) some = 0.0f;
  for (long i = 0; i < count; i++) some[i] = numbers[i];
  return some;
#endif
}
/* Writes the first `count` numbers, below a vector's. */
SYSTEM_INLINED void SYSTEM_NAME(systemStorePart)(float *numbers, SYSTEM_NAME(SystemFloats) some, long count) {
#if SYSTEM_LANES == 32 && defined(__AVX512F__)
  __builtin_ia32_storeups512_mask(numbers, some, (unsigned short)((1u << count) - 1));
#elif SYSTEM_LANES == 16 && defined(__AVX2__)
  __builtin_ia32_maskstoreps256((SystemPacked16 *)numbers, systemFirst16(count), some);
#else
  for (long i = 0; i < count; i++) numbers[i] = some[i];
#endif
}

#undef SYSTEM_GLUE
#undef SYSTEM_OF_LANES
#undef SYSTEM_NAME
#undef SYSTEM_INLINED
#undef SYSTEM_LANES
